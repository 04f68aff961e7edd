/** Scripts that run once during a start: their output goes to a log, their failure to the person. */
import { appendFileSync } from 'node:fs';
import { runCommand } from '../servers/run-command.ts';

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

const timeoutMs = 300_000;

export async function runStep(step: Step): Promise<void> {
  const { ok, output } = await runCommand(step.command, { ...step, timeoutMs });
  if (output !== '') appendFileSync(step.logFile, `${output}\n`, { mode: 0o600 });
  if (ok) return;
  const lines = output.split('\n').slice(-15).join('\n');
  throw new Error(`${step.name} failed; the end of ${step.logFile}:\n${lines}`);
}
