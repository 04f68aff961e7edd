/** Reports, payouts and statements agree with the books, whenever and however often they are asked for. */
import { copyFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { payAtBank, press } from '../testing/bank.ts';
import { newDataPath, startTestSandbox } from '../testing/client.ts';
import type { TestSandbox } from '../testing/client.ts';
import {
  capture,
  exponents,
  filesOf,
  list,
  readReport,
  refund,
  sum,
  text,
} from '../testing/settlement.ts';
import type { Row } from '../testing/settlement.ts';

const day = 86_400;
const running: TestSandbox[] = [];

afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
});

async function start(dataPath = ':memory:'): Promise<TestSandbox> {
  const sandbox = await startTestSandbox({ dataPath });
  running.push(sandbox);
  return sandbox;
}

async function stop(sandbox: TestSandbox): Promise<void> {
  running.splice(running.indexOf(sandbox), 1);
  await sandbox.close();
}

test.each(['alder', 'birch', 'cedar'])(
  'what %s reports of a day is what its books say, in every currency',
  async (provider) => {
    const sandbox = await start();
    const references: string[] = [];
    for (const [currency, amount] of [
      ['EUR', 1_005],
      ['JPY', 1_200],
      ['KWD', 12_345],
    ] as const) {
      // prettier-ignore
      const { id, reference } = await capture(sandbox, provider, amount, currency);
      references.push(reference);
      await refund(sandbox, provider, id, 3, currency);
    }
    await sandbox.advance(day);
    const [report] = await list(sandbox, `/${provider}/settlement_reports`);
    const file = await text(sandbox, `/${provider}/settlement_reports/${String(report?.id)}`);
    const rows = readReport(provider, file);
    const lines = rows.filter(({ record }) => record === 'L');
    const moved = (await sandbox.books(provider)).filter(
      ({ operation }) => operation !== 'authorize',
    );
    expect(
      lines.map(({ id, reference, currency, amount, fee }) => ({
        id,
        reference,
        currency,
        amount,
        fee,
      })),
    ).toEqual(
      moved.map((movement) => ({
        id: movement.provider_reference,
        reference: movement.reference,
        currency: movement.currency,
        amount: BigInt(movement.operation === 'refund' ? -movement.amount : movement.amount),
        fee: BigInt(movement.fee),
      })),
    );
    expect(lines.map(({ reference }) => reference)).toEqual(expect.arrayContaining(references));
    for (const currency of Object.keys(exponents)) {
      const own = lines.filter((row) => row.currency === currency);
      const of = (record: string): readonly Row[] =>
        rows.filter((row) => row.currency === currency && row.record === record);
      const [amount, fee] = [sum(own, (row) => row.amount), sum(own, (row) => row.fee)];
      expect(of('T')).toMatchObject([{ amount, fee, reference: '2' }]);
      expect(of('P')).toMatchObject([{ amount: amount - fee }]);
    }
  },
);

test('more given back than taken is collected, and a day of nothing says so', async () => {
  const sandbox = await start();
  const { id } = await capture(sandbox, 'alder', 5_000, 'EUR');
  await sandbox.advance(day);
  await refund(sandbox, 'alder', id, 5_000);
  await sandbox.advance(2 * day);
  const reports = await list(sandbox, '/alder/settlement_reports');
  const files = await Promise.all(
    reports.map((report) => text(sandbox, `/alder/settlement_reports/${report.id}`)),
  );
  const payouts = files.map((file) =>
    readReport('alder', file)
      .filter(({ record }) => record === 'P')
      .map(({ amount }) => amount),
  );
  // 1.4 % and 0.25 of the capture; the refund is free and gives nothing back.
  expect(payouts).toEqual([[4_905n], [-5_000n], []]);
  expect(readReport('alder', files[2] ?? '')).toMatchObject([{ record: 'T', reference: '0' }]);
  const statements = await list(sandbox, '/bank_account/statements');
  const last = `/bank_account/statements/${String(statements[1]?.id)}`;
  expect(await text(sandbox, last)).toContain(
    '<Amt Ccy="EUR">50.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>',
  );
  expect(await text(sandbox, `${last}?format=csv`)).toMatch(/closing,[^,]*,EUR,[^,]*,,-0\.95,/);
});

interface Balances {
  readonly opening: bigint;
  readonly entries: readonly bigint[];
  readonly closing: bigint;
}

/** Of one currency of a CAMT.053 file. */
function balancesOf(xml: string, currency: string): Balances {
  const stmt = xml.split('<Stmt>').find((part) => part.includes(`<Ccy>${currency}</Ccy>`)) ?? '';
  const amounts = new RegExp(`<Amt Ccy="${currency}">([\\d.]+)</Amt><CdtDbtInd>(CRDT|DBIT)<`);
  const of = (part: string): bigint => {
    const [, shown = '', side] = amounts.exec(part) ?? [];
    return BigInt(shown.replace('.', '')) * (side === 'DBIT' ? -1n : 1n);
  };
  const balance = (code: string): bigint => of(stmt.slice(stmt.indexOf(`<Cd>${code}</Cd>`)));
  const entries = stmt.split('<Ntry>').slice(1).map(of);
  return { opening: balance('OPBD'), entries, closing: balance('CLBD') };
}

test('each statement goes on from the last, and in the end all that was earned is on the account', async () => {
  const sandbox = await start();
  for (let count = 0; count < 4; count += 1) {
    for (const provider of ['alder', 'birch', 'cedar']) {
      const { id } = await capture(sandbox, provider, 700 + count, 'EUR');
      await capture(sandbox, provider, 900 + count, 'JPY');
      const { id: third } = await capture(sandbox, provider, 12_345 + count, 'KWD');
      if (count % 2 === 1) await refund(sandbox, provider, third, 10_000, 'KWD');
      if (count === 2) await refund(sandbox, provider, id, 500);
    }
    await sandbox.advance(day);
  }
  await sandbox.advance(day);
  const statements = await list(sandbox, '/bank_account/statements');
  expect(statements).toHaveLength(4);
  const files = await Promise.all(
    statements.map(({ id }) => text(sandbox, `/bank_account/statements/${id}`)),
  );
  for (const currency of Object.keys(exponents)) {
    let balance = 0n;
    for (const file of files) {
      const { opening, entries, closing } = balancesOf(file, currency);
      expect(opening).toBe(balance);
      expect(entries).toHaveLength(3);
      balance = entries.reduce((total, entry) => total + entry, opening);
      expect(closing).toBe(balance);
    }
    const earned = (await sandbox.books())
      .filter((row) => row.currency === currency && row.operation !== 'authorize')
      .map(({ operation, amount, fee }) => (operation === 'refund' ? -amount : amount) - fee);
    expect(balance).toBe(BigInt(earned.reduce((total, amount) => total + amount, 0)));
  }
});

test('a jump of 40 days with a restart in between gives the files that 40 days one by one give', async () => {
  const origin = newDataPath();
  const first = await start(origin);
  for (const provider of ['alder', 'birch', 'cedar']) {
    const { id } = await capture(first, provider, 4_321, 'EUR');
    await refund(first, provider, id, 321);
    await capture(first, provider, 987, 'JPY');
  }
  // Paid at once, paid in three days, and taken back in ten.
  const redirect = await payAtBank(first);
  await press(first, redirect.id, 'approve');
  for (const token of ['tok_debit_mandated', 'tok_debit_returned']) {
    await payAtBank(first, { method: 'bank_debit', token, currency: 'GBP' });
  }
  await stop(first);
  const copy = newDataPath();
  copyFileSync(origin, copy);

  const slow = await start(origin);
  let known = await filesOf(slow);
  for (let count = 0; count < 40; count += 1) {
    await slow.advance(day);
    if (count % 8 !== 7) continue;
    const files = await filesOf(slow);
    // What was told once stays as it was told.
    expect(files).toEqual(new Map([...files, ...known]));
    known = files;
  }
  const half = await start(copy);
  await half.advance(20 * day);
  await stop(half);
  const fast = await start(copy);
  await fast.advance(20 * day);
  const files = await filesOf(fast);
  expect(files).toEqual(known);
  expect(await filesOf(fast)).toEqual(files);
  // 40 days of four providers, and a day less of statements in two formats.
  expect(files.size).toBe(40 * 4 + 39 * 2);
  expect([...files.values()].join('\n')).toMatch(/^L,.*,refund,.*,GBP,/m);
});

test('days on which nothing ever happened are reported, also after a restart', async () => {
  const dataPath = newDataPath();
  const first = await start(dataPath);
  await first.advance(3 * day);
  await stop(first);
  const sandbox = await start(dataPath);
  expect(await list(sandbox, '/cedar/settlement_reports')).toHaveLength(3);
  expect(await list(sandbox, '/bank_account/statements')).toEqual([]);
});

test.each([
  '/alder/settlement_reports/alder-20200101',
  '/alder/settlement_reports/birch-20200101',
  '/bank_account/statements/statement-20200101',
  '/elm/settlement_reports',
  '/alder/settlement_reports/a/b',
])('there is nothing at %s', async (path) => {
  const sandbox = await start();
  expect((await sandbox.call('GET', path)).status).toBe(404);
});

test('a day that is not over has no report and no statement, and no other format is served', async () => {
  const sandbox = await start();
  await capture(sandbox, 'alder', 5_000, 'EUR');
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const path = `/alder/settlement_reports/alder-${today}`;
  expect(await list(sandbox, '/alder/settlement_reports')).toEqual([]);
  expect((await sandbox.call('GET', path)).status).toBe(404);
  await sandbox.advance(day);
  expect((await sandbox.call('GET', path)).status).toBe(200);
  expect(await list(sandbox, '/bank_account/statements')).toEqual([]);
  await sandbox.advance(day);
  const [statement] = await list(sandbox, '/bank_account/statements');
  const address = `/bank_account/statements/${String(statement?.id)}?format=mt940`;
  expect((await sandbox.call('GET', address)).status).toBe(400);
});
