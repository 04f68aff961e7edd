/** scikit-learn beside us, on the very same rows: in an environment of its own, where Python and pip can make one. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { localSettings } from '../../../runtime/env.ts';
import { runCommand } from '../../../runtime/servers/run-command.ts';
import type { Samples } from '../../../domain/risk/training/samples.ts';

const release = '1.9.1';
const limitMs = 600_000;
const program = join(import.meta.dirname, 'compare.py');

export interface Sklearn {
  readonly version: string;
  /** Of each model, the scores of the test rows, and what it counts its own figures to be. */
  readonly models: ReadonlyMap<string, SklearnModel>;
}

interface SklearnModel {
  readonly scores: Float64Array;
  readonly auc: number;
  readonly ap: number;
}

/** The Python that has it, made on first use; else why not. */
export async function findSklearn(): Promise<
  { readonly python: string } | { readonly missing: string }
> {
  const cache = join(localSettings().home, 'cache');
  const folder = join(cache, `sklearn-${release}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return { python };
  mkdirSync(cache, { recursive: true });
  // What stands under its name is whole. Of what is inside only `python` is used, which may be moved.
  const part = mkdtempSync(`${folder}-`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const steps = [
    ['python3', '-m', 'venv', part],
    [join(part, 'bin', 'python'), ...pip, `scikit-learn==${release}`],
  ];
  try {
    for (const step of steps) {
      const { ok, output } = await run(step);
      if (!ok) return { missing: output.split('\n').at(-1) ?? '' };
    }
    // Another run may have been faster.
    if (!existsSync(python)) renameSync(part, folder);
    return { python };
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** `options`: those of our boosting, with its rounds. */
export async function runSklearn(
  python: string,
  home: string,
  { train, test }: { readonly train: Samples; readonly test: Samples },
  options: Readonly<Record<string, number>>,
): Promise<Sklearn> {
  writeFileSync(join(home, 'train.csv'), toCsv(train));
  writeFileSync(join(home, 'test.csv'), toCsv(test));
  const { ok, output } = await run([python, program, home, JSON.stringify(options)]);
  if (!ok) throw new Error(`scikit-learn failed: ${output}`);
  const { version, models } = JSON.parse(output.split('\n').at(-1) ?? '') as {
    readonly version: string;
    readonly models: Readonly<Record<string, { readonly auc: number; readonly ap: number }>>;
  };
  const withScores = Object.entries(models).map(([name, figures]) => {
    const bytes = readFileSync(join(home, `${name}.scores`));
    const scores = Float64Array.from(test.labels, (_, row) => bytes.readDoubleLE(8 * row));
    return [name, { ...figures, scores }] as const;
  });
  return { version, models: new Map(withScores) };
}

function toCsv({ features, columns, labels }: Samples): string {
  const rows = Array.from(labels, (label, row) =>
    [...columns.map((column) => String(column[row])), String(label)].join(','),
  );
  return [[...features, 'label'].join(','), ...rows, ''].join('\n');
}

function run(command: readonly string[]): ReturnType<typeof runCommand> {
  // One thread: on few cores its own threads wait for each other longer than they compute.
  const environment = { ...localSettings().inherited, OMP_NUM_THREADS: '1' };
  return runCommand(command, { timeoutMs: limitMs, environment });
}
