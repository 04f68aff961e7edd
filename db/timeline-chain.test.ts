/** The timeline of a payment is a chain that the database makes, and a break in it is found. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import type { PaymentState } from '../domain/payment-state.ts';
import { newId } from '../runtime/ids.ts';
import { openPaymentDatabase, sqlAs, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { asMerchant } from './payments.ts';
import { listTimeline } from './timeline.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

interface Link {
  readonly payment_id: string;
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly kind: string;
  readonly from_status: string | null;
  readonly to_status: string | null;
  readonly evidence: string;
  readonly previous_hash: string;
  readonly hash: string;
}

function links(paymentId: string): Promise<readonly Link[]> {
  return on.rows.all<Link>(
    `select payment_id, sequence, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
      actor, kind, from_status, to_status, evidence::text as evidence,
      encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
    from timeline where payment_id = $1 order by sequence`,
    [paymentId],
  );
}

/** The recipe of `timeline_hash`, from its description. */
function hashOf(previous: string, link: Link): string {
  const lines = [
    ...[link.payment_id, String(link.sequence), link.at, link.actor, link.kind],
    ...[link.from_status ?? '', link.to_status ?? '', link.evidence],
  ];
  return createHash('sha256').update(previous, 'hex').update(lines.join('\n')).digest('hex');
}

function expectUnbroken(paymentId: string, chain: readonly Link[]): void {
  let previous = createHash('sha256').update(paymentId).digest('hex');
  expect(chain.map((link) => link.sequence)).toEqual(chain.map((_, index) => index + 1));
  for (const link of chain) {
    expect(link.previous_hash).toBe(previous);
    expect(link.hash).toBe(hashOf(previous, link));
    previous = link.hash;
  }
}

const firstBroken = 'select timeline_first_broken($1) as sequence';

function append(paymentId: string, kinds: readonly string[]): Promise<unknown> {
  const lines = kinds.map((kind) => ({ actor: 'test', kind, evidence: { kind: 'täst\n', n: 1 } }));
  return sql`select append_timeline(${paymentId}, ${JSON.stringify(lines)}::jsonb)`.execute(
    on.worker,
  );
}

describe('the chain', () => {
  test('is numbered from 1, and each hash is the documented one over the hash before', async () => {
    const { id } = await on.captured();
    await append(id, ['one', 'two', 'three']);
    const chain = await links(id);
    expect(chain.length).toBeGreaterThan(4);
    expectUnbroken(id, chain);
    expect(await on.rows.one(firstBroken, [id])).toEqual({ sequence: null });
  });

  test('a reader can recompute every hash but the evidence’s text from what is listed', async () => {
    const payment = await on.captured();
    const listed = await asMerchant(on.api, payment.merchantId, (trx) =>
      listTimeline(trx, payment.id, { limit: 100 }),
    );
    const chain = await links(payment.id);
    expect(listed?.map(({ evidence: _, ...line }) => line)).toEqual(
      chain.map(({ evidence: _, payment_id: __, ...line }) => line),
    );
  });

  test('a writer cannot choose merchant, sequence, time or hashes', async () => {
    const payment = await on.accept();
    const other = await on.newMerchant();
    const forged = sql`
      insert into timeline (payment_id, sequence, merchant_id, at, actor, kind, evidence, previous_hash, hash)
      values (${payment.id}, 77, ${other}, '2001-01-01', 'forger', 'forged', '{}', 'x', 'y')`;
    for (const role of ['tender_worker', 'tender_api'] as const) {
      await sqlAs(on, role, payment.merchantId, forged);
    }
    const chain = await links(payment.id);
    expect(chain.map(({ sequence, kind }) => [sequence, kind])).toEqual([
      [1, 'payment.processing'],
      [2, 'forged'],
      [3, 'forged'],
    ]);
    expect(chain.every((link) => link.at > '2002')).toBe(true);
    expectUnbroken(payment.id, chain);
    const owners = await on.rows.all(
      'select distinct merchant_id from timeline where payment_id = $1',
      [payment.id],
    );
    expect(owners).toEqual([{ merchant_id: payment.merchantId }]);
  });

  test('nothing is written about a payment that is not there', async () => {
    expect(await verdictOf(append(newId('pay'), ['ghost']))).toBe('P0002');
  });

  test('20 writers at once leave one unbroken chain', async () => {
    const { id } = await on.accept();
    const kinds = (writer: number): string[] => ['a', 'b', 'c'].map((line) => `w${writer}.${line}`);
    const writers = Array.from({ length: 20 }, (_, writer) => kinds(writer));
    await Promise.all(writers.map((lines) => append(id, lines)));
    const chain = await links(id);
    expect(chain).toHaveLength(61);
    expectUnbroken(id, chain);
    const found = chain.map(({ kind }) => kind);
    for (const lines of writers) {
      const at = found.indexOf(lines[0] ?? '');
      expect(found.slice(at, at + 3)).toEqual(lines);
    }
  });
});

describe('a superuser’s tampering', () => {
  let payment: PaymentState;
  beforeAll(async () => {
    payment = await on.accept();
    await append(payment.id, ['two', 'three', 'four', 'five']);
  });

  /** Past all triggers, and undone. */
  async function brokenAfter(change: string): Promise<unknown> {
    const client = new pg.Client({ connectionString: on.database.ownerUrl });
    await client.connect();
    try {
      await client.query('begin');
      await client.query('set local session_replication_role = replica');
      const { rowCount } = await client.query(change.replace('@', 'payment_id = $1'), [payment.id]);
      expect(rowCount).toBeGreaterThan(0);
      const { rows } = await client.query<{ sequence: number | null }>(firstBroken, [payment.id]);
      return rows[0]?.sequence;
    } finally {
      await client.end();
    }
  }

  test.each([
    ['the evidence', `update timeline set evidence = '{"kind":"lie"}' where @ and sequence = 3`, 3],
    ['the actor', `update timeline set actor = 'liar' where @ and sequence = 1`, 1],
    ['a status', `update timeline set to_status = 'lie' where @ and sequence = 5`, 5],
    [
      'the time by a microsecond',
      `update timeline set at = at + interval '1 microsecond' where @ and sequence = 2`,
      2,
    ],
    ['a hash', `update timeline set hash = sha256('lie') where @ and sequence = 4`, 4],
    [
      'a previous hash',
      `update timeline set previous_hash = sha256('lie') where @ and sequence = 4`,
      4,
    ],
    ['a middle row, removed', `delete from timeline where @ and sequence = 3`, 4],
    ['the first row, removed', `delete from timeline where @ and sequence = 1`, 2],
    [
      'a middle row, removed and the next renumbered',
      `with gone as (delete from timeline where @ and sequence = 4 returning 4)
      update timeline t set sequence = 4 from gone where t.payment_id = $1 and t.sequence = 5`,
      4,
    ],
    [
      'a row rewritten with a fitting hash breaks the next',
      `update timeline t set evidence = '{}',
      hash = timeline_hash(t.previous_hash, jsonb_populate_record(t, '{"evidence":{}}')) where @ and sequence = 3`,
      4,
    ],
  ])('with %s is found where it is', async (_, change, sequence) => {
    expect(await brokenAfter(change)).toBe(sequence);
  });

  test('KNOWN LIMIT: a last row removed leaves a shorter chain that holds, and is not found', async () => {
    expect(await brokenAfter(`delete from timeline where @ and sequence = 5`)).toBeNull();
  });

  test('KNOWN LIMIT: the row’s merchant is not part of the hash, and a change of it is not found', async () => {
    expect(
      await brokenAfter(`update timeline set merchant_id = 'mer_other' where @ and sequence = 3`),
    ).toBeNull();
  });

  test('undone, the chain holds', async () => {
    expect(await on.rows.one(firstBroken, [payment.id])).toEqual({ sequence: null });
  });
});
