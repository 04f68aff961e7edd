/**
 * A month at three processors, as it really was: what our books and their reports are both made from, each by
 * itself. One row of `truth.payments` per payment, in the order of time; all of it follows from the seed.
 */
import type pg from 'pg';
import { feeOf } from '../../sandbox/processor/fees.ts';
import type { Template } from './templates.ts';

export const processors = ['alder', 'birch', 'cedar'] as const;
const currencies = ['EUR', 'USD', 'GBP', 'JPY'] as const;
export const days = 30;
const merchants = 20;
export const dayMs = 24 * 3_600 * 1_000;

export interface Month {
  /** Midnight UTC of its first day, ms since the epoch; it is over since yesterday. */
  readonly from: number;
  readonly seed: number;
  /** One in ten payments is given back in half within four days, so there are more lines than payments. */
  readonly payments: number;
}

export function monthOf(lines: number, seed: number): Month {
  const from = Math.floor(Date.now() / dayMs) * dayMs - (days + 1) * dayMs;
  return { from, seed, payments: Math.max(1, Math.floor((lines * 10) / 11)) };
}

export async function makeMovements(
  owner: pg.Pool,
  month: Month,
  templates: readonly Template[],
): Promise<void> {
  await owner.query(`
    create schema truth;
    create function truth.draw(n bigint, salt int, below int) returns int language sql immutable as $$
      select ((hashint8extended(n, ${String(month.seed)}::bigint * 1000 + salt) & 9223372036854775807) % below)::int $$;
    insert into merchants (id, name, fund_model)
    select 'mer_bench' || m, 'Bench ' || m, case when m % 2 = 0 then 'own' else 'facilitator' end
    from generate_series(0, ${String(merchants - 1)}) m`);
  await owner.query(`create table truth.templates (payment_id text, is_sale bool, fund_model text, is_refunded bool)`); // prettier-ignore
  for (const { paymentId, isSale, fundModel, isRefunded } of templates) {
    await owner.query('insert into truth.templates values ($1, $2, $3, $4)', [
      ...[paymentId, isSale, fundModel, isRefunded],
    ]);
  }
  await agreeOnPrices(owner);
  const shift = (at: string): string => `uuidv7(${at} - clock_timestamp())`;
  await owner.query(`
    -- Those that happened and of which our books know nothing.
    create table truth.unbooked (n int primary key);
    create table truth.payments as
    with drawn as (
      select n, to_timestamp(${String(month.from / 1_000)}) + n * interval '${String(days)} days' / ${String(month.payments)} as at,
        (array['${processors.join("','")}'])[1 + truth.draw(n, 1, ${String(processors.length)})] as provider,
        truth.draw(n, 2, ${String(merchants)}) as merchant,
        (array['${currencies.join("','")}'])[1 + greatest(truth.draw(n, 3, 8) - 4, 0)] as currency,
        200 + truth.draw(n, 4, 30000) as amount, truth.draw(n, 5, 10) = 0 as is_refunded,
        interval '1 minute' * (1 + truth.draw(n, 6, 5760)) as later
      from generate_series(0, ${String(month.payments - 1)}) n
    ), ended as (
      select d.*, case when is_refunded then amount / 2 end as refund,
        case when is_refunded then least(at + later, to_timestamp(${String(month.from / 1_000)}) + interval '${String(days)} days' - interval '1 minute') end as refunded_at
      from drawn d
    )
    select e.n, t.payment_id as template, e.provider, 'mer_bench' || e.merchant as merchant_id, e.currency, e.amount::bigint,
      e.refund::bigint, e.at, e.refunded_at, t.is_sale, 'pay_' || ${shift('e.at')} as payment_id, 'att_' || ${shift('e.at')} as attempt_id,
      'op_' || ${shift('e.at')} as capture_id, 'ref_' || ${shift('e.refunded_at')} as refund_id,
      e.provider || '_pay_' || e.n as attempt_reference,
      -- Of a sale the provider has one id for both.
      e.provider || case when t.is_sale then '_pay_' else '_cap_' end || e.n as capture_reference, e.provider || '_ref_' || e.n as refund_reference
    from ended e join truth.templates t on t.is_refunded = e.is_refunded and t.is_sale = (e.provider <> 'birch')
      and t.fund_model = case when e.merchant % 2 = 0 then 'own' else 'facilitator' end
    order by e.n;
    create index on truth.payments (provider, at);
    create index on truth.payments (provider, refunded_at) where refunded_at is not null`);
  await owner.query('analyze truth.payments');
}

/** Routing knows what each processor costs, so that every fee is held against it. */
async function agreeOnPrices(owner: pg.Pool): Promise<void> {
  const terms = processors.map((provider) => {
    const cost = (currency: string, amount: number): number =>
      feeOf({ provider, operation: 'capture', currency, amount });
    const fixed = Object.fromEntries(currencies.map((one) => [one, cost(one, 0)]));
    return { provider, basis_points: cost('USD', 10_000) - cost('USD', 0), fixed };
  });
  await owner.query(
    `insert into routing_rules (version, rules, written_by, reason)
     select version + 1, rules || jsonb_build_object('providers', $1::jsonb), 'bench', 'prices of the sandbox'
     from routing_rules order by version desc limit 1`,
    [JSON.stringify(terms)],
  );
}
