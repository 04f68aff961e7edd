/**
 * Holds the in-memory database of the property tests to the real one: the same history, lived through on
 * both, ends in the same payment. Every change goes to both; PostgreSQL answers what it made of it.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sql } from 'kysely';
import type { PaymentSnapshot } from '../../db/snapshot.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../support/payment-database.ts';
import { now } from '../support/payments.ts';
import { aRow, contracts } from './fixtures.ts';
import { histories } from './histories.ts';
import { live } from './history.ts';
import { createMemoryDatabase } from './memory-database.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);

let on: PaymentDatabase;
beforeAll(async () => {
  process.stderr.write(`same as PostgreSQL: TENDER_TEST_SEED=${String(seed)}\n`);
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

/** What a history may decide on; instants of the database's own clock differ and are left out. */
function essence({ payment, attempts, operations }: PaymentSnapshot): unknown {
  const row = payment as unknown as Record<string, unknown>;
  const columns = [
    'version',
    'status',
    'amount_authorized',
    'amount_captured',
    'capture_reserved',
    'amount_refunded',
    'refund_reserved',
    'amount_excess',
    'void_open',
    'capture_closed',
  ];
  return {
    payment: columns.map((column) => [column, row[column]]),
    attempts: attempts.map((a) => [
      a.number,
      a.provider,
      a.status,
      a.sent_count,
      a.lookups,
      a.absences,
      a.parked_at !== null,
    ]),
    operations: operations.map((o) => [
      o.number,
      o.kind,
      o.status,
      o.amount,
      o.final,
      o.late,
      o.excess,
      o.sent_count,
      o.parked_at !== null,
    ]),
    isAtRest: payment.wake_at === null,
  };
}

test('a history ends on PostgreSQL as it ends in memory', async () => {
  const mischief = {
    wires: ['ok', 'refused', 'request_lost', 'reply_lost', 'late', 'held'],
    verdicts: ['no', 'page', 'pending', 'late_yes'],
    pageEnds: ['approved', 'declined', 'pending'],
  } as const;
  await fc.assert(
    fc.asyncProperty(histories(mischief), async (history) => {
      const memory = createMemoryDatabase(aRow(history), 'own', now);
      await live(history, memory, contracts);
      const { id } = await on.accept({ captureMethod: history.captureMethod });
      await replay(id, memory);
    }),
    { seed, numRuns: 25 },
  );
}, 60_000);

/** Ids are unique in a whole database: each of a history's gets its payment's behind it. */
async function replay(id: string, memory: ReturnType<typeof createMemoryDatabase>): Promise<void> {
  const rename = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value).replaceAll(
        /"((?:att|op|ref|return)_\d+)/g,
        (_, own) => `"${String(own)}-${id}`,
      ),
    );
  const { merchantId } = await on.state(id);
  for (const { before, sent, after } of memory.commits) {
    // Webhooks have moved the version and what is due, without a change.
    const { attempts, operations } = before;
    await on.rows.all('update payments set version = $2 where id = $1', [
      id,
      before.payment.version,
    ]);
    for (const [table, rows] of Object.entries({ attempts, operations })) {
      const dues = rename(rows.map((row) => ({ id: row.id, due_at: row.due_at })));
      await on.rows.all(
        `update ${table} t set due_at = d.due_at from jsonb_to_recordset($1) as d (id text, due_at timestamptz) where t.id = d.id`,
        [JSON.stringify(dues)],
      );
    }
    const change = rename({
      ...sent,
      payment_id: id,
      entries: sent.entries.map((entry) => ({ ...entry, payment_id: id, merchant_id: merchantId })),
    });
    const { rows } = await sql<{ result: { committed: boolean; snapshot: PaymentSnapshot } }>`
      select commit_change(${JSON.stringify(change)}::jsonb) as result`.execute(on.worker);
    expect(rows[0]?.result.committed).toBe(true);
    expect(essence(rows[0]?.result.snapshot ?? before)).toEqual(essence(after));
  }
}
