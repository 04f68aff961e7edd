/** The month with its mistakes on a PostgreSQL of its own: made, reported, reconciled, judged. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { RunningProcess } from '../../runtime/servers/process.ts';
import { startOwnDatabase, type OwnDatabase } from '../../scripts/ledger/own-database.ts';
import { copyMonth } from '../reconciliation/copies.ts';
import { writeReports, type ReportFile } from '../reconciliation/files.ts';
import { runSteps } from '../reconciliation/month.ts';
import { makeMovements, monthOf } from '../reconciliation/movements.ts';
import { makeTemplates } from '../reconciliation/templates.ts';
import { DayPayouts, writeStatement } from './bank.ts';
import { writeBroken } from './broken.ts';
import { readChanges } from './day-lines.ts';
import { judge, type Judged } from './judge.ts';
import type { BreaksOptions } from './options.ts';
import { changeBooks } from './our-books.ts';
import { plan, writeDown } from './plan.ts';
import { plantStripe, writeStripe } from './stripe.ts';

export interface BreaksAsked extends BreaksOptions {
  readonly home: string;
  readonly report: (line: string) => void;
  readonly onStart: (part: Pick<RunningProcess, 'kill'>) => void;
}

export async function findBreaks(asked: BreaksAsked): Promise<Judged> {
  const own = await startOwnDatabase(asked.home, asked.onStart);
  const owner = new pg.Pool({ connectionString: own.ownerUrl, max: 2 });
  owner.on('error', () => undefined);
  try {
    const files = await makeFiles(asked, own, owner);
    const lines = files.reduce((sum, file) => sum + file.lines, 0);
    asked.report(`${String(lines)} lines in ${String(files.length)} files`);
    await runSteps(asked, { workerUrl: own.workerUrl, files });
    return await judge(owner);
  } finally {
    await owner.end();
    await own.server.stop();
  }
}

async function makeFiles(
  { home, lines, each, seed, report }: BreaksAsked,
  own: OwnDatabase,
  owner: pg.Pool,
): Promise<readonly ReportFile[]> {
  const month = monthOf(lines, seed);
  await makeMovements(owner, month, await makeTemplates(own));
  await plan(owner, month, each);
  await plantStripe(owner, month, each);
  await copyMonth(owner);
  await changeBooks(owner);
  report(`${String(month.payments)} payments are in the books`);
  const folder = join(home, 'files');
  mkdirSync(folder);
  const change = await readChanges(owner);
  const payouts = new DayPayouts();
  const reports = await writeReports(owner, folder, month, (all, day) => {
    const changed = change(all);
    payouts.add(changed, day);
    return changed;
  });
  const stripe = await writeStripe(owner, folder, month, each);
  const broken = await writeBroken(folder, month, each);
  await writeDown(owner, [...stripe.planted, ...broken.planted]);
  const statement = await writeStatement(folder, month, [...payouts.list(), ...stripe.payouts]);
  return [...reports, ...stripe.files, ...broken.files, statement];
}
