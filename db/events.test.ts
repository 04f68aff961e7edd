/** What is told of breaks and completed files: in the same transaction, once, in order, and to each only what is theirs. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { verdictOf, sqlAs } from '../test/support/payment-database.ts';
import { insertBreak, insertFile } from '../test/support/breaks.ts';
import { openSettlementWorld, type SettlementWorld } from '../test/support/settlement-world.ts';
import { findBreak } from './breaks.ts';
import { markCompleted } from './reconciliations.ts';

let on: SettlementWorld;
beforeEach(async () => {
  on = await openSettlementWorld();
});
afterEach(() => on.close());

interface Told {
  readonly merchant_id: string | null;
  readonly stream: string;
  readonly sequence: number;
  readonly object: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const told = (type: string): Promise<readonly Told[]> =>
  on.rows.all(
    `select merchant_id, stream, sequence, object from outbox where type = $1 order by id`,
    [type],
  );

describe('a break', () => {
  test('is told as it was opened: to its merchant, or to the installation', async () => {
    const merchantId = await on.newMerchant();
    const of = { kind: 'amount', merchantId, subjectId: 'op_1', amount: -5, currency: 'USD' } as const; // prettier-ignore
    const own = await insertBreak(on.rows, { ...of, detail: { found: '1' } });
    const nobodys = await insertBreak(on.rows, { kind: 'orphan' });
    // Found again.
    expect(await insertBreak(on.rows, of)).toBeNull();
    const events = await told('break.opened');
    expect(events).toMatchObject([
      { merchant_id: merchantId, stream: own, sequence: 1 },
      { merchant_id: null, stream: nobodys, sequence: 1 },
    ]);
    const row = await findBreak(on.worker, merchantId, own ?? '');
    expect(events[0]?.object['break']).toEqual({ ...row, age_seconds: 0 });
  });

  test('that ended as it was found is not', async () => {
    await on.rows.all(
      `insert into breaks (kind, provider, status, resolved_at, resolution) values ('time', 'alder', 'resolved', now(), '{}')`,
    );
    expect(await told('break.opened')).toEqual([]);
  });

  test('of a transaction that is undone neither', async () => {
    const undone = on.worker.transaction().execute(async (trx) => {
      await sql`insert into breaks (kind, provider) values ('orphan', 'alder')`.execute(trx);
      const { rows } = await sql`select from outbox where type = 'break.opened'`.execute(trx);
      expect(rows).toHaveLength(1);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await told('break.opened')).toEqual([]);
  });
});

/** Two merchants' sales, one of which is listed short, and a line of nobody. */
async function aFile(): Promise<{ file: string; merchants: readonly string[] }> {
  const merchants = [await on.newMerchant(), await on.newMerchant()].sort();
  const [first = '', second = ''] = merchants;
  const sales = [
    await on.sale({ merchantId: first }),
    await on.sale({ merchantId: first }),
    await on.sale({ merchantId: second }),
  ];
  const [a, b, c] = sales.map((sale) => on.lineOf(sale));
  const file = await on.file([
    { ...a },
    { ...b, gross: 9_000 },
    { ...c },
    { kind: 'capture', reference: 'att_strange', gross: 100, currency: 'USD' },
  ]);
  return { file, merchants };
}

describe('a file', () => {
  test('that is completed is told: all of it to the installation, to each merchant its own', async () => {
    const { file, merchants } = await aFile();
    await on.night(file);
    expect(await told('reconciliation.completed')).toEqual([]);
    // One line of two movements is one line.
    await on.rows.all(
      `insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier)
       select reconciliation_id, line, 'op_x', payment_id, merchant_id, tier from settlement_matches where reconciliation_id = $1`,
      [file],
    );
    expect(await markCompleted(on.worker, file)).toBe(true);
    expect(await markCompleted(on.worker, file)).toBe(false);
    const events = await told('reconciliation.completed');
    const [first, second] = merchants;
    expect(events).toMatchObject([
      {
        merchant_id: null,
        object: { reconciliation: { line_count: 4, matched_lines: 3, open_breaks: 2 } }, // prettier-ignore
      },
      {
        merchant_id: first,
        object: { reconciliation: { line_count: null, matched_lines: 2, open_breaks: 1 } }, // prettier-ignore
      },
      {
        merchant_id: second,
        object: { reconciliation: { line_count: null, matched_lines: 1, open_breaks: 0 } }, // prettier-ignore
      },
    ]);
    expect(events.map(({ stream, sequence }) => [stream, sequence])).toEqual([
      [file, 1],
      [file, 1],
      [file, 1],
    ]);
  });

  test('without anybody’s lines is told to the installation', async () => {
    const file = await insertFile(on.rows, [{ kind: 'bank_credit' }], 'bank_statement');
    await on.rows.all(`update reconciliations set status = 'posted' where id = $1`, [file]);
    await Promise.all([markCompleted(on.worker, file), markCompleted(on.worker, file)]);
    expect(await told('reconciliation.completed')).toMatchObject([
      { merchant_id: null, object: { reconciliation: { id: file, kind: 'bank_statement', line_count: 1, matched_lines: 0, open_breaks: 0 } } }, // prettier-ignore
    ]);
  });

  test('completed once more is told again, after the first', async () => {
    const { file } = await aFile();
    await on.night(file);
    await markCompleted(on.worker, file);
    await on.rows.all(`update reconciliations set status = 'posted' where id = $1`, [file]);
    await markCompleted(on.worker, file);
    const events = await told('reconciliation.completed');
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 1, 1, 2, 2, 2]);
  });

  test('whose completion is undone is not', async () => {
    const { file } = await aFile();
    await on.night(file);
    const undone = on.worker.transaction().execute(async (trx) => {
      await sql`update reconciliations set status = 'completed' where id = ${file}`.execute(trx);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await told('reconciliation.completed')).toEqual([]);
  });
});

test('the order of a payment’s events does not know of them', async () => {
  const { file } = await aFile();
  await on.night(file);
  const rows = await on.rows.all<{ sequences: readonly number[] }>(
    `select array_agg(sequence order by sequence) as sequences from outbox where payment_id is not null group by payment_id`,
  );
  for (const { sequences } of rows) expect(sequences).toEqual(sequences.map((_, n) => n + 1));
});

test('the API of a merchant tells only of its payments', async () => {
  const merchantId = await on.newMerchant();
  const statement = sql`insert into outbox (merchant_id, stream, sequence, type, object) values (${merchantId}, 'brk_x', 1, 'x', '{}')`;
  expect(await verdictOf(sqlAs(on, 'tender_api', merchantId, statement))).toBe('42501');
});

test('an event of a payment is its merchant’s', async () => {
  const { payment } = await on.sale();
  const statement = sql`insert into outbox (merchant_id, payment_id, sequence, type, object) values (null, ${payment.id}, 99, 'x', '{}')`;
  expect(await verdictOf(statement.execute(on.worker))).toBe('outbox_merchant');
});
