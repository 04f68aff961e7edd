/**
 * Our own record of the month: the rows of a template under each payment's ids, amounts and times. By plain
 * inserts, as a restored database would have them: triggers do not fire, balances are added up afterwards.
 */
import type pg from 'pg';

interface Copied {
  readonly table: string;
  /** Of the template's rows, `t`, for a payment `p`. */
  readonly where: string;
  /** By column; what is not named is as in the template. */
  readonly values: Readonly<Record<string, string>>;
}

const isRefund = `t.kind = 'refund'`;
const operationId = `case when ${isRefund} then p.refund_id else p.capture_id end`;
const operationAt = `case when ${isRefund} then p.refunded_at else p.at end`;
const entryOf = `case when t.event = 'refund' then p.refund_id else p.capture_id end`;

const copies: readonly Copied[] = [
  {
    table: 'payments',
    where: 't.id = p.template',
    values: {
      ...{ id: 'p.payment_id', merchant_id: 'p.merchant_id', amount: 'p.amount' },
      ...{ currency: 'p.currency', amount_authorized: 'p.amount', amount_captured: 'p.amount' },
      ...{ amount_refunded: 'coalesce(p.refund, 0)', created_at: 'p.at' },
      updated_at: 'coalesce(p.refunded_at, p.at)',
    },
  },
  {
    table: 'attempts',
    where: 't.payment_id = p.template',
    values: {
      ...{ id: 'p.attempt_id', payment_id: 'p.payment_id', merchant_id: 'p.merchant_id' },
      ...{ provider: 'p.provider', amount: 'p.amount', currency: 'p.currency' },
      ...{ provider_key: 'p.attempt_id', provider_reference: 'p.attempt_reference' },
      ...{ return_token: 'p.attempt_id', created_at: 'p.at', updated_at: 'p.at' },
    },
  },
  {
    table: 'operations',
    where: 't.payment_id = p.template',
    values: {
      ...{ id: operationId, payment_id: 'p.payment_id', merchant_id: 'p.merchant_id' },
      ...{ attempt_id: 'p.attempt_id', currency: 'p.currency' },
      amount: `case when ${isRefund} then p.refund else p.amount end`,
      provider_reference: `case when ${isRefund} then p.refund_reference else p.capture_reference end`,
      ...{ created_at: operationAt, updated_at: operationAt },
    },
  },
  {
    table: 'journal_entries',
    where: `t.payment_id = p.template and t.state = 'posted' and p.n not in (select n from truth.unbooked)`,
    values: {
      id: `'je_' || substr(${entryOf}, position('_' in ${entryOf}) + 1)`,
      ...{ merchant_id: 'p.merchant_id', payment_id: 'p.payment_id' },
      key: `${entryOf} || '/succeeded'`,
      effective_at: `case when t.event = 'refund' then p.refunded_at else p.at end`,
    },
  },
  {
    // Of its timeline the last row, which the next one is chained to.
    table: 'timeline',
    where: `t.payment_id = p.template and t.sequence = (select max(sequence) from timeline where payment_id = p.template)`,
    values: {
      ...{ payment_id: 'p.payment_id', merchant_id: 'p.merchant_id' },
      at: 'coalesce(p.refunded_at, p.at)',
    },
  },
];

export async function copyMonth(owner: pg.Pool): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query('set session_replication_role = replica; set enable_seqscan = on; set work_mem = "256MB"'); // prettier-ignore
    for (const copied of copies) await copy(client, copied);
    await client.query(`
      insert into postings (entry_id, line, merchant_id, account, provider, side, amount, currency)
      select e.id, t.line, e.merchant_id, t.account, case t.provider when '' then '' else p.provider end, t.side,
        case when e.event = 'refund' then p.refund else p.amount end, p.currency
      from truth.payments p join journal_entries e on e.payment_id = p.payment_id
        join journal_entries m on m.payment_id = p.template and m.state = 'posted' and m.event = e.event
        join postings t on t.entry_id = m.id order by p.n`);
    await client.query(`
      insert into account_balances as b (merchant_id, account, provider, currency, posted_debits, posted_credits)
      select merchant_id, account, provider, currency, sum(case side when 'debit' then amount else 0 end),
        sum(case side when 'credit' then amount else 0 end)
      from postings where merchant_id like 'mer_bench%' group by 1, 2, 3, 4`);
    for (const table of [...copies.map((one) => one.table), 'postings']) {
      await client.query(`vacuum analyze ${table}`);
    }
    await client.query('checkpoint');
  } finally {
    await client.query('reset all').catch(() => undefined);
    client.release();
  }
}

async function copy(client: pg.PoolClient, { table, where, values }: Copied): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
       and attgenerated = '' order by attnum`,
    [table],
  );
  const columns = rows.map(({ name }) => name);
  for (const name of Object.keys(values)) {
    if (!columns.includes(name)) throw new Error(`${table} has no column ${name}`);
  }
  await client.query(`
    insert into ${table} (${columns.join(', ')})
    select ${columns.map((name) => values[name] ?? `t.${name}`).join(', ')}
    from truth.payments p join ${table} t on ${where} order by p.n`);
}
