/**
 * A past of so many payments, written set-wise: each shopper has some ten in 90 days, one or two cards, a
 * device and an address, of which one in twenty is shared by hundreds; a sixth of all is of one merchant. And
 * the payments to be judged, of the same shoppers.
 */
import type pg from 'pg';
import type { Db } from '../../db/client.ts';
import { recount } from '../../db/risk-rebuild.ts';

const paymentsPerShopper = 10;
const toJudge = 4_000;

/** As `risk_hash`, which is a call of its own each time. */
const hash = (kind: string, value: string): string =>
  `('x' || encode(substr(sha256(secret.key || convert_to('${kind}' || E'\\n' || ${value}, 'UTF8')), 1, 7), 'hex'))::bit(56)::bigint >> 4`;

/** One's own, or one of hundreds behind the same. */
const address = (shoppers: string): string =>
  `host(case when s % 20 = 0 then inet '10.0.0.0' + s % greatest(${shoppers}::int / 500, 1) else inet '20.0.0.0' + s end)`;

const history = `
  insert into risk_events
  select 'att_' || lpad(i::text, 12, '0'), k.kind, 'pay_' || lpad(i::text, 12, '0'), 'mer_' || m, at + 400 * (k.kind - 1), at, amount, 'EUR',
    ${hash('card', `'tok_' || s || '_' || card`)}, ${hash('customer', `'mer_' || m || E'\\n' || s || '@example.com'`)},
    ${hash('email', `s || '@example.com'`)}, ${hash('device', `'device-' || s`)}, ${hash('ip', address('$2'))},
    (400000 + bin)::text
  from (
    select i, floor($2::int * power(random(), 1.2))::int as s, floor(200 * power(random(), 3))::int as m, (random() < 0.2)::int as card,
      floor(3000 * power(random(), 2))::int as bin, (200 + 20000 * power(random(), 3))::bigint as amount,
      epoch_ms(tender_now()) - floor(random() * 90 * 86400000)::bigint as at, random() as fate
    from generate_series(1, $1::int) i) d
  cross join risk_key secret
  cross join lateral (values (1), (case when fate < 0.08 then 2 end), (case when fate > 0.997 then 4 end)) k (kind)
  where k.kind is not null`;

const judged = `
  with people as (
    insert into customers (id, merchant_id, email)
    select 'cus_' || i, 'mer_' || floor(200 * power(random(), 3))::int, floor($1::int * power(random(), 1.2))::int || '@example.com'
    from generate_series(1, ${String(toJudge)}) i returning *
  )
  insert into payments (id, merchant_id, status, amount, currency, capture_method, payment_method, customer_id, options,
    submit_within_ms, status_basis)
  select 'pay_new_' || c.id, c.merchant_id, 'processing', (200 + 20000 * power(random(), 3))::bigint, 'EUR', 'automatic',
    jsonb_build_object('type', 'card', 'token', 'tok_' || s || '_' || (random() < 0.2)::int,
      'bin', (400000 + floor(3000 * power(random(), 2))::int)::text), c.id,
    jsonb_build_object('shopper', jsonb_build_object('device_id', 'device-' || s,
      'ip', ${address('$1')})),
    300000, '{}'
  from people c cross join lateral (select split_part(c.email, '@', 1)::int as s) p returning id`;

export interface Stored {
  readonly payments: number;
  readonly events: number;
  readonly megabytes: number;
  /** To be judged. */
  readonly paymentIds: readonly string[];
}

/** `owner`: the superuser. */
export async function storePast(
  owner: pg.Pool,
  worker: Db,
  payments: number,
  seed: number,
): Promise<Stored> {
  const shoppers = Math.ceil(payments / paymentsPerShopper);
  await owner.query(
    `insert into merchants (id, name) select 'mer_' || i, i from generate_series(0, 199) i`,
  );
  const indexes = await owner.query<{ name: string; made: string }>(
    `select indexname as name, indexdef as made from pg_indexes where tablename = 'risk_events' and indexname like '%_by_%'`,
  );
  for (const { name } of indexes.rows) await owner.query(`drop index ${name}`);
  await owner.query('select setseed($1)', [(seed % 1_000_000) / 1_000_000]);
  const { rowCount } = await owner.query(history, [payments, shoppers]);
  for (const { made } of indexes.rows) await owner.query(made);
  await recount(worker);
  const { rows } = await owner.query<{ id: string }>(judged, [shoppers]);
  for (const table of ['risk_events', 'risk_counters', 'payments', 'customers']) {
    await owner.query(`vacuum (analyze) ${table}`);
  }
  const size = await owner.query<{ mb: number }>(
    `select (pg_total_relation_size('risk_events') / 1048576)::int as mb`,
  );
  return {
    ...{ payments, events: rowCount ?? 0, megabytes: size.rows[0]?.mb ?? 0 },
    paymentIds: rows.map(({ id }) => id),
  };
}
