/** Two times: when it happened and when it was recorded. What was read as of a settled time never changes. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { anEntry, postEntries, type TestEntry } from '../test/support/ledger-entries.ts';
import { openPaymentDatabase, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { waitFor } from '../test/support/wait.ts';
import { setClockOffset } from './access.ts';
import { sealLedger } from './ledger-chain.ts';
import { advanceHorizon, closePeriod, type LedgerClose } from './ledger-closes.ts';
import { checkCloses, closedPeriods, runProof } from './ledger-proofs.ts';

let on: PaymentDatabase;
let merchantId: string;
beforeEach(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
});
afterEach(() => on.close());

const entry = (effectiveAt: string, values: Partial<TestEntry> = {}): TestEntry =>
  ({ ...anEntry(merchantId, values), effective_at: effectiveAt }) as TestEntry;
const now = async (): Promise<Date> =>
  (await on.rows.one<{ now: Date }>('select tender_now() as now')).now;
/** Debits of 1100 as recorded up to `recorded` and effective before `effective`. */
const debits = async (recorded: Date, effective = 'infinity'): Promise<number> =>
  (
    await on.rows.one<{ n: number }>(
      `select coalesce(sum(posted_debits), 0)::int as n from balances_at($1, $2, $3) where account = '1100'`,
      [merchantId, recorded, effective],
    )
  ).n;
const settled = (at: Date): Promise<void> =>
  waitFor(async () => {
    if ((await advanceHorizon(on.worker)) < at) throw new Error('not settled yet');
  });
const close = (kind: 'day' | 'month', date: string): Promise<LedgerClose | null> =>
  closePeriod(on.worker, { kind, date, actor: 'staff:ada', reason: 'end of period' });
const daySeconds = 86_400;

describe('the horizon', () => {
  test('never passes a transaction that may still record something before it', async () => {
    const begun = await now();
    await on.worker.transaction().execute(async (trx) => {
      await postEntries(trx, anEntry(merchantId));
      for (let look = 0; look < 5; look += 1) {
        expect((await advanceHorizon(on.worker)) <= begun).toBe(true);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    });
    const { recorded_at: recorded } = await on.rows.one<{ recorded_at: Date }>(
      'select recorded_at from journal_entries',
    );
    await settled(recorded);
  });

  test('a balance as of a settled time is the same for ever', async () => {
    await postEntries(on.worker, anEntry(merchantId));
    const at = await now();
    await settled(at);
    expect(await debits(at)).toBe(100);
    // Recorded later, whenever it happened.
    await postEntries(on.worker, entry('2020-01-01T00:00:00Z'), anEntry(merchantId));
    expect([await debits(at), await debits(await now())]).toEqual([100, 300]);
  });
});

test('both axes: what was known then of what had happened by then', async () => {
  await postEntries(on.worker, entry('2026-01-10T12:00:00Z'));
  const first = await now();
  await postEntries(on.worker, entry('2026-01-05T12:00:00Z'));
  const [tenth, later] = ['2026-01-10T00:00:00Z', '2026-02-01T00:00:00Z'];
  expect([await debits(first, tenth), await debits(first, later)]).toEqual([0, 100]);
  expect([await debits(await now(), tenth), await debits(await now(), later)]).toEqual([100, 200]);
});

describe('a close', () => {
  test('is refused while its period is not over, and stored once when it is', async () => {
    const today = (await now()).toISOString().slice(0, 10);
    expect(await close('day', today)).toBeNull();
    expect(await close('month', today)).toBeNull();
    await on.captured({ merchantId });
    await sealLedger(on.worker);
    await setClockOffset(on.api, daySeconds);
    await settled(new Date(Date.parse(today) + daySeconds * 1_000));
    const closed = await close('day', today);
    expect(closed).toMatchObject({
      ...{ period: today, kind: 'day', closed_by: 'staff:ada', reason: 'end of period' },
      ...{ open_alarms: '0', unknown_count: '0', unknown_exposure: {} },
      chain_head: expect.stringMatching(/^1:[0-9a-f]{64}$/),
    });
    expect(Number(closed?.entries)).toBeGreaterThan(0);
    expect(await close('day', today)).toEqual(closed);
  });

  test('stores the trial balance, which what comes later does not change', async () => {
    await postEntries(on.worker, entry('2026-01-31T23:59:59.999Z'), entry('2026-02-01T00:00:00Z'));
    await settled(await now());
    const closed = await close('month', '2026-01-15');
    expect(closed).toMatchObject({ period: '2026-01', kind: 'month', entries: '1' });
    const stored = (): Promise<unknown> =>
      on.rows.all(
        'select account, posted_debits::int as debits, posted_credits::int as credits from ledger_close_balances order by 1',
      );
    const january = [
      { account: '1100', debits: 100, credits: 0 },
      { account: '4000', debits: 0, credits: 100 },
    ];
    expect(await stored()).toEqual(january);
    await postEntries(on.worker, entry('2026-01-20T00:00:00Z'));
    expect(await stored()).toEqual(january);
    expect(await checkCloses(on.worker)).toMatchObject({ state: 'holds' });
    for (const table of ['ledger_closes', 'ledger_close_balances']) {
      expect(await verdictOf(on.rows.all(`delete from ${table}`))).toBe('append_only');
    }
  });

  test.each([
    [
      'an entry dated into the closed month',
      `update journal_entries set effective_at = '2026-01-02' where key = 'february'`,
    ],
    [
      'a stored figure',
      `update ledger_close_balances set posted_debits = 99 where account = '1100'`,
    ],
  ])('is proved against the books: %s', async (_, statement) => {
    await postEntries(on.worker, entry('2026-01-31T00:00:00Z'), entry('2026-02-01T00:00:00Z', { key: 'february' })); // prettier-ignore
    await settled(await now());
    await close('month', '2026-01-01');
    await on.rows.all(`begin; set local session_replication_role = replica; ${statement}; commit`);
    expect(await checkCloses(on.worker)).toEqual({
      name: 'stored_closes',
      state: 'broken',
      what: `close 2026-01 stored another balance of ${merchantId}/1100//USD than its as-of gives`,
    });
  });

  test.each([
    [
      'open again for a merchant',
      `update ledger_periods set closed_until = '2025-12-31'`,
      /^merchant mer_\S+ may post into 2026-01, which is closed$/,
    ],
    [
      'written into, and closed again',
      `insert into journal_entries (id, merchant_id, key, event, state, effective_at, body_hash, recorded_at)
        select 'je_x', id, 'x', 'test', 'posted', '2026-01-02', '', now() + interval '6 minutes' from merchants limit 1`,
      /^journal entry je_x was recorded into 2026-01 after its close$/,
    ],
  ])('stays closed: what is %s is found', async (_, statement, what) => {
    await settled(await now());
    await close('month', '2026-01-01');
    const find = async (): Promise<unknown> => (await runProof(on.worker, closedPeriods())).what;
    expect(await find()).toBeNull();
    await on.rows.all(`begin; set local session_replication_role = replica; ${statement}; commit`);
    expect(await find()).toMatch(what);
  });

  test('a fact dated into a closed month is posted after it, with its true date; a closed day takes it', async () => {
    await settled(await now());
    await close('month', '2026-01-01');
    await close('day', '2026-02-03');
    const dates = ['2026-01-31T10:00:00Z', '2026-02-03T10:00:00Z'];
    await postEntries(on.worker, ...dates.map((date, i) => entry(date, { key: `fact-${i}` })));
    const rows = await on.rows.all(
      'select effective_at as effective, occurred_at as occurred from journal_entries order by key',
    );
    expect(rows).toEqual([
      { effective: new Date('2026-02-01T00:00:00Z'), occurred: new Date('2026-01-31T10:00:00Z') },
      { effective: new Date('2026-02-03T10:00:00Z'), occurred: null },
    ]);
    // The same fact again is the same entry.
    await postEntries(on.worker, entry(dates[0] ?? '', { key: 'fact-0' }));
  });

  test('is no right of the API, and nobody writes one by hand', async () => {
    expect(await verdictOf(sql`select close_period('day', '2026-01-01', 'x', 'x')`.execute(on.api))).toBe('42501'); // prettier-ignore
    for (const db of [on.api, on.worker]) {
      expect(await verdictOf(sql`insert into ledger_closes default values`.execute(db))).toBe(
        '42501',
      );
      expect(await verdictOf(sql`update ledger_horizon set settled_at = now()`.execute(db))).toBe(
        '42501',
      );
    }
  });
});
