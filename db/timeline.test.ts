/** P7: a chain of evidence that nobody can number, forge, rewrite or cut without its being found. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import { unknown } from '../test/support/payments.ts';
import {
  openPaymentDatabase,
  sqlAs,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { asMerchant } from './payments.ts';
import { listTimeline, type TimelineRow } from './timeline.ts';

let on: PaymentDatabase;
let payment: PaymentState;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const linesOf = async (p: PaymentState): Promise<readonly TimelineRow[]> =>
  (await asMerchant(on.api, p.merchantId, (trx) => listTimeline(trx, p.id, { limit: 100 }))) ?? [];
const firstBroken = async ({ id }: PaymentState): Promise<number | null> =>
  (await on.rows.one<{ n: number | null }>('select timeline_first_broken($1) as n', [id])).n;

/** The chain as somebody outside would verify it, from what the API hands out. */
function chainOf(
  paymentId: string,
  lines: readonly TimelineRow[],
  evidences: readonly string[],
): string[] {
  let previous = createHash('sha256').update(paymentId).digest();
  return lines.map((l, i) => {
    const fields = [
      paymentId,
      l.sequence,
      l.at,
      l.actor,
      l.kind,
      l.from_status ?? '',
      l.to_status ?? '',
      evidences[i] ?? '',
    ];
    previous = createHash('sha256').update(previous).update(fields.join('\n')).digest();
    return previous.toString('hex');
  });
}

test('the chain is what everybody can compute from the lines', async () => {
  payment = await on.captured();
  const lines = await linesOf(payment);
  const evidences = await on.rows.all<{ text: string }>(
    'select evidence::text as text from timeline where payment_id = $1 order by sequence',
    [payment.id],
  );
  expect(lines.map((l) => l.sequence)).toEqual([1, 2, 3, 4]);
  expect(lines.map((l) => l.hash)).toEqual(
    chainOf(
      payment.id,
      lines,
      evidences.map((e) => e.text),
    ),
  );
  expect(await firstBroken(payment)).toBeNull();
});

test('20 writers at once make one chain without gap', async () => {
  const shared = await on.tried({}, unknown());
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      sqlAs(
        on,
        i % 2 === 0 ? 'tender_api' : 'tender_worker',
        shared.merchantId,
        sql`
        insert into timeline (payment_id, actor, kind, evidence) values (${shared.id}, 'test', 'test', '{}')`,
      ),
    ),
  );
  const lines = await linesOf(shared);
  expect(lines.map((l) => l.sequence)).toEqual(lines.map((_, i) => i + 1));
  expect(lines.length).toBeGreaterThan(20);
  expect(await firstBroken(shared)).toBeNull();
});

test('what a writer says of number, time, owner and hashes is not believed', async () => {
  const shared = await on.accept();
  const other = await on.newMerchant();
  await on.rows.all(
    `insert into timeline (payment_id, sequence, merchant_id, at, actor, kind, evidence, previous_hash, hash)
     values ($1, 77, $2, '2001-01-01', 'test', 'test', '{}', 'x', 'y')`,
    [shared.id, other],
  );
  const [, forged] = await linesOf(shared);
  expect(forged).toMatchObject({ sequence: 2, kind: 'test' });
  expect(forged?.at.startsWith('2001')).toBe(false);
  expect(await firstBroken(shared)).toBeNull();
});

describe('append-only', () => {
  const rewrites = [
    `update timeline set kind = 'x'`,
    'delete from timeline',
    'truncate timeline',
    'truncate timeline cascade',
  ];
  test.each(rewrites)('for the owner, by trigger: %s', async (statement) => {
    await on.accept();
    const asOwner = on.worker.transaction().execute(async (trx) => {
      await sql.raw(statement).execute(trx);
    });
    expect(await verdictOf(asOwner)).toBe('42501');
    const verdict = await verdictOf(on.rows.all(`set role tender_owner; ${statement}; reset role`));
    expect(verdict).toBe('append_only');
    expect(await verdictOf(on.rows.all(statement))).toBe('append_only');
  });

  test.each(rewrites)('for the API, by its rights: %s', async (statement) => {
    expect(await verdictOf(sql.raw(statement).execute(on.api))).toBe('42501');
  });
});

describe('who gets around the triggers is found', () => {
  const tampered: readonly (readonly [string, string, number | null])[] = [
    ['a kind', `update timeline set kind = 'attempt.declined' where sequence = 2`, 2],
    ['a status', `update timeline set to_status = 'captured' where sequence = 1`, 1],
    ['a time', `update timeline set at = at - interval '1 microsecond' where sequence = 3`, 3],
    ['an actor', `update timeline set actor = 'staff:1' where sequence = 4`, 4],
    ['the evidence', `update timeline set evidence = evidence || '{"a":1}' where sequence = 2`, 2],
    ['a hash', `update timeline set hash = sha256('x') where sequence = 2`, 2],
    ['a line taken out', 'delete from timeline where sequence = 2', 3],
    ['the first line taken out', 'delete from timeline where sequence = 1', 2],
    ['a link', `update timeline set previous_hash = sha256('x') where sequence = 2`, 2],
    [
      'a line rewritten with its own hash made good',
      `update timeline t set kind = 'x', hash = timeline_hash(t.previous_hash,
         jsonb_populate_record(t, '{"kind":"x"}')) where sequence = 2`,
      3,
    ],
  ];
  const tamper = async (statement: string): Promise<number | null> => {
    const victim = await on.captured();
    await on.rows.all(
      `set session_replication_role = replica; ${statement.replace(/ where /, ` where payment_id = '${victim.id}' and `)};
       set session_replication_role = origin`,
    );
    return firstBroken(victim);
  };

  test.each(tampered)('%s', async (_, statement, expected) => {
    expect(await tamper(statement)).toBe(expected);
  });

  test('but for what was cut off at the end: that takes somebody outside who remembers the last hash', async () => {
    expect(await tamper('delete from timeline where sequence = 4')).toBeNull();
  });
});
