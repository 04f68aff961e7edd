/** A month on a PostgreSQL of its own: made, reported, reconciled by a process of its own, held against the truth. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { RunningProcess } from '../../runtime/servers/process.ts';
import { startOwnDatabase, type OwnDatabase } from '../../scripts/ledger/own-database.ts';
import { readDurability } from '../payments/commits.ts';
import { copyMonth } from './copies.ts';
import { writeReports, type ReportFile } from './files.ts';
import { makeMovements, monthOf } from './movements.ts';
import type { StepsAsked, StepsDone } from './steps.ts';
import { makeTemplates } from './templates.ts';
import { compareWithTruth, type Compared } from './truth.ts';

export interface MonthMeasured extends StepsDone {
  readonly lines: number;
  readonly compared: Compared;
  readonly durability: Readonly<Record<string, string>>;
}

export interface MonthAsked {
  readonly home: string;
  readonly lines: number;
  readonly seed: number;
  readonly report: (line: string) => void;
  readonly onStart: (part: Pick<RunningProcess, 'kill'>) => void;
}

export async function measureMonth(asked: MonthAsked): Promise<MonthMeasured> {
  const { home, report } = asked;
  mkdirSync(home, { recursive: true });
  const own = await startOwnDatabase(home, asked.onStart);
  const owner = new pg.Pool({ connectionString: own.ownerUrl, max: 2 });
  owner.on('error', () => undefined);
  try {
    const files = await makeMonth(asked, own, owner);
    const lines = files.reduce((sum, file) => sum + file.lines, 0);
    report(`${String(lines)} lines in ${String(files.length)} files`);
    const done = await runSteps(asked, { workerUrl: own.workerUrl, files });
    const compared = await compareWithTruth(owner);
    return { ...done, lines, compared, durability: await readDurability(own.ownerUrl) };
  } finally {
    await owner.end();
    await own.server.stop();
  }
}

async function makeMonth(
  { home, lines, seed, report }: MonthAsked,
  own: OwnDatabase,
  owner: pg.Pool,
): Promise<readonly ReportFile[]> {
  const month = monthOf(lines, seed);
  await makeMovements(owner, month, await makeTemplates(own));
  report(`${String(month.payments)} payments happened`);
  await copyMonth(owner);
  report('they are in the books');
  const folder = join(home, 'files');
  mkdirSync(folder);
  return writeReports(owner, folder, month);
}

type Told = { readonly phase: string; readonly seconds: number } | { readonly done: StepsDone };

/** In a process of their own, as a worker has one. */
export async function runSteps(
  { report, onStart }: Pick<MonthAsked, 'report' | 'onStart'>,
  steps: StepsAsked,
): Promise<StepsDone> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'steps.ts'));
  onStart({ kill: () => child.kill('SIGKILL') });
  return new Promise<StepsDone>((resolve, reject) => {
    child.on('message', (told: Told) => {
      if ('done' in told) resolve(told.done);
      else report(`${told.phase.padEnd(14)} ${told.seconds.toFixed(1).padStart(7)} s`);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`the steps ended with ${String(code)}`));
    });
    child.send(steps);
  });
}
