/**
 * A night that is killed again and again, and whose files come truncated, twice and in the wrong order, ends with
 * the very same trial balance as one that nothing happened to.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { createImportStore, type ImportStore } from '../../db/import-store.ts';
import { proofs, runProof } from '../../db/ledger-proofs.ts';
import { dayMs } from '../../sandbox/settlement/days.ts';
import { payoutsOf, type Batch, type Line } from '../../sandbox/settlement/batches.ts';
import { plainCsv } from '../../sandbox/settlement/report-files.ts';
import { openSettlementWorld, type SettlementWorld } from '../../test/support/settlement-world.ts';

const opened: { readonly on: SettlementWorld; readonly store: ImportStore }[] = [];
afterEach(async () => {
  for (const { on, store } of opened.splice(0)) {
    await store.close();
    await on.close();
  }
});

interface Night {
  readonly on: SettlementWorld;
  readonly files: readonly string[];
  receive(file: string): Promise<string>;
}

const program = fileURLToPath(
  new URL('../../test/support/reconciling-process.ts', import.meta.url),
);
const today = Math.floor(Date.now() / dayMs) * dayMs;

/** Forty sales of which the first is listed short, the second twice, the third not, and one is nobody's. */
async function openNight(): Promise<Night> {
  const on = await openSettlementWorld();
  const store = createImportStore({ url: on.database.workerUrl, onError: () => undefined });
  opened.push({ on, store });
  const lines: Line[] = [];
  for (let n = 0; n < 40; n += 1) {
    const currency = n % 2 === 0 ? 'EUR' : 'USD';
    const sale = await on.sale({ amount: BigInt(1_000 + n), currency });
    const line = {
      ...{
        provider: 'alder',
        movementId: sale.providerReference,
        reference: sale.attemptId,
        parentId: '',
      },
      ...{ type: 'capture' as const, amount: BigInt(1_000 + n), fee: 30n, currency },
      // Of two days, so that there are two files.
      bookedAt: today - (n % 4 < 2 ? 2 : 1) * dayMs + n * 1_000,
    };
    await on.rows.all(
      'update operations set created_at = to_timestamp($2), updated_at = to_timestamp($2) where id = $1',
      [sale.captureId, line.bookedAt / 1_000],
    );
    const all = n === 0 ? [{ ...line, amount: 900n }] : n === 2 ? [] : [line];
    const twice = n === 1 ? [{ ...line, movementId: `${sale.providerReference}_again` }] : [];
    const strange = n === 3 ? [{ ...line, movementId: 'strange', reference: 'att_strange' }] : [];
    for (const each of [...all, ...twice, ...strange])
      lines.push({ ...each, batchId: batchOf(each) });
  }
  const days = [today - 2 * dayMs, today - dayMs];
  return {
    on,
    files: days.map((day, index) =>
      fileOf(
        day,
        index + 1,
        lines.filter(({ bookedAt }) => bookedAt >= day && bookedAt < day + dayMs),
      ),
    ),
    receive: async (file) => {
      const bytes = (async function* () {
        yield Buffer.from(file);
      })();
      const received = {
        kind: 'settlement',
        provider: 'alder',
        fileName: null,
        requestedBy: 'test',
      } as const;
      return (await store.receive(received, bytes)).id;
    },
  };
}

function batchOf({ bookedAt, currency }: Pick<Line, 'bookedAt' | 'currency'>): string {
  const day = new Date(Math.floor(bookedAt / dayMs) * dayMs);
  return `alder-${day.toISOString().slice(0, 10).replaceAll('-', '')}-${currency}`;
}

function fileOf(day: number, number: number, lines: readonly Line[]): string {
  const batches = [...new Set(lines.map(({ batchId }) => batchId))].map((id): Batch => {
    const own = lines.filter(({ batchId }) => batchId === id);
    const sum = (of: 'amount' | 'fee'): bigint => own.reduce((total, line) => total + line[of], 0n);
    const currency = own[0]?.currency ?? '';
    return {
      id,
      provider: 'alder',
      currency,
      day,
      count: own.length,
      amount: sum('amount'),
      fee: sum('fee'),
    };
  });
  const span = { coversFrom: day, coversTo: day + dayMs };
  return plainCsv({
    id: String(day),
    provider: 'alder',
    number,
    ...span,
    lines,
    batches,
    payouts: payoutsOf(batches),
  });
}

/** Ended by SIGKILL after so many of its own signs; true: it came to its end before. */
async function run({ on }: Night, signs = Infinity): Promise<boolean> {
  const child = spawn(process.execPath, [program, on.database.workerUrl, 'alder'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    said += piece.toString();
    if (said.length >= signs) child.kill('SIGKILL');
  }
  await ended;
  return said.endsWith('!');
}

/** All that a night leaves: the books, the files, the matches, the breaks, the payments. */
async function outcomeOf({ on }: Night): Promise<unknown> {
  const broken = await Promise.all(proofs.map((proof) => runProof(on.worker, proof)));
  expect(broken.filter(({ state }) => state !== 'holds')).toEqual([]);
  const count = (what: string, from: string): Promise<readonly unknown[]> =>
    on.rows.all(`select ${what} as what, count(*)::int as n from ${from} group by 1 order by 1`);
  return {
    trialBalance: await on.books(),
    files: await count('status', `reconciliations where status <> 'refused'`),
    matches: await count('tier', 'settlement_matches'),
    breaks: await count(`kind || ' ' || status`, `breaks where kind <> 'file'`),
    payments: await count('status', 'payments'),
    events: await count('type', `outbox where object #>> '{break,kind}' is distinct from 'file'`),
  };
}

async function undisturbed(): Promise<unknown> {
  const night = await openNight();
  for (const file of night.files) await night.receive(file);
  expect(await run(night)).toBe(true);
  return outcomeOf(night);
}

test('killed at any place and begun again', async () => {
  const expected = await undisturbed();
  expect(expected).toMatchObject({
    files: [{ what: 'completed', n: 2 }],
    breaks: [
      { what: 'amount open', n: 1 },
      { what: 'duplicate_external open', n: 1 },
      { what: 'missing_internal open', n: 1 },
    ],
    payments: [{ what: 'captured', n: 2 }, { what: 'settled', n: 38 }], // prettier-ignore
  });
  const night = await openNight();
  for (const file of night.files) await night.receive(file);
  let kills = 0;
  while (!(await run(night, 2 + 5 * kills))) kills += 1;
  expect(kills).toBeGreaterThanOrEqual(5);
  expect(await outcomeOf(night)).toEqual(expected);
}, 120_000);

test('truncated, twice, in the wrong order, and by two at once', async () => {
  const expected = await undisturbed();
  const night = await openNight();
  const [first = '', second = ''] = night.files;
  await night.receive(second.slice(0, -120));
  const ids = [await night.receive(second), await night.receive(second)];
  expect(new Set(ids).size).toBe(1);
  await Promise.all([run(night), run(night)]);
  await night.receive(first);
  await night.receive(second);
  await Promise.all([run(night), run(night)]);
  expect(await outcomeOf(night)).toEqual(expected);
}, 120_000);
