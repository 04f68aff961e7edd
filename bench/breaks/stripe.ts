/**
 * A fourth provider, for what day files cannot say: conversions, disputes, rows of a kind nobody knows, and
 * payouts that are not what they list, or that do not come. All of it is paid out in euros.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { dateOf } from '../../sandbox/settlement/days.ts';
import { csvLine, inMajorUnits } from '../../sandbox/settlement/text.ts';
import type { ReportFile } from '../reconciliation/files.ts';
import { dayMs, type Month } from '../reconciliation/movements.ts';
import type { Planted } from './plan.ts';

/** Numbers of its payments. */
const first = 20_000_000;
/** So many conversions in order beside each that is not, and other payments beside those. */
const [conversions, plain] = [5, 5];
const itemsPerPayout = 3;
const payoutsPerFile = 500;

/** Its payments, in `truth.payments` as those of the processors, and what each is for. */
export async function plantStripe(owner: pg.Pool, month: Month, each: number): Promise<void> {
  const after = (days: number): string =>
    `to_timestamp(${String((month.from + days * dayMs) / 1_000)})`;
  const shift = (at: string): string => `uuidv7(${at} - clock_timestamp())`;
  await owner.query(`
    create table truth.stripe as
    select ${String(first)} + i as n, case when i < ${String(each)} then 'fx' when i < ${String(each * 2)} then 'duplicate_outflow'
        when i < ${String(each * (2 + conversions))} then 'conversion' else 'plain' end as role,
      ${after(2)} + truth.draw(i, 200, 16 * 86400) * interval '1 second' as at, null::timestamptz as disputed_at, null::text as dispute_id
    from generate_series(0, ${String(each * (2 + conversions + plain) - 1)}) i;
    update truth.stripe set disputed_at = at + interval '2 days', dispute_id = 'dp_' || ${shift("at + interval '2 days'")}
    where role = 'duplicate_outflow';
    insert into truth.payments
    select s.n, t.payment_id, 'stripe', 'mer_bench' || m.merchant, case when s.role in ('fx', 'conversion') then 'USD' else 'EUR' end,
      m.amount, case when s.disputed_at is not null then m.amount end, s.at, s.at + (s.disputed_at - s.at) / 2, true,
      'pay_' || ${shift('s.at')}, 'att_' || ${shift('s.at')}, 'op_' || ${shift('s.at')},
      'ref_' || ${shift('(s.at + (s.disputed_at - s.at) / 2)')}, 'ch_' || s.n, 'ch_' || s.n, 're_' || s.n
    from truth.stripe s cross join lateral (select truth.draw(s.n, 201, 20) as merchant, 2000 + truth.draw(s.n, 202, 30000) as amount) m
    join truth.templates t on t.is_sale and t.is_refunded = (s.disputed_at is not null)
      and t.fund_model = case when m.merchant % 2 = 0 then 'own' else 'facilitator' end`);
}

interface Item {
  readonly at: number;
  readonly category: string;
  readonly source: string;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly attempt: string;
  readonly refund: string;
  readonly charged: bigint | null;
}

interface Row {
  readonly n: number;
  readonly role: 'fx' | 'conversion' | 'duplicate_outflow' | 'plain';
  readonly at: Date;
  readonly refunded_at: Date | null;
  readonly disputed_at: Date | null;
  readonly amount: string;
  readonly attempt_id: string;
  readonly capture_id: string;
  readonly refund_id: string | null;
  readonly dispute_id: string | null;
}

export interface PaidOut {
  readonly id: string;
  readonly provider: string;
  readonly currency: string;
  /** What was announced, minor units. */
  readonly amount: bigint;
  readonly paidAt: number;
  /** At the bank; null: it never came. */
  readonly credited: bigint | null;
}

export interface StripeReports {
  readonly files: readonly ReportFile[];
  readonly payouts: readonly PaidOut[];
  readonly planted: readonly Planted[];
}

export async function writeStripe(
  owner: pg.Pool,
  folder: string,
  month: Month,
  each: number,
): Promise<StripeReports> {
  const { rows } = await owner.query<Row>(`
    select s.*, p.refunded_at, p.amount, p.attempt_id, p.capture_id, p.refund_id from truth.stripe s join truth.payments p using (n) order by n`);
  const strange = Array.from({ length: each }, (_, i) => orphanOf(month, rows.length, each, i));
  const items = [...rows.flatMap(itemsOf), ...strange].toSorted((a, b) => a.at - b.at);
  const count = Math.ceil(items.length / itemsPerPayout);
  const payouts = Array.from({ length: count }, (_, index) =>
    payoutOf(index, faultOf(index, count, each), itemsIn(items, index)),
  );
  const files: ReportFile[] = [];
  for (let from = 0; from < count; from += payoutsPerFile) {
    const to = Math.min(count, from + payoutsPerFile);
    const name = `stripe_payouts_${String(from / payoutsPerFile + 1)}`;
    const path = join(folder, name);
    const lines = payouts.slice(from, to).flatMap((p, i) => rowsOf(p, itemsIn(items, from + i)));
    await writeFile(path, [header, ...lines, ''].join('\n'));
    const known = { kind: 'settlement', provider: 'stripe', isBroken: false } as const;
    files.push({ ...known, name, path, lines: lines.length });
  }
  const faulty = payouts.flatMap(({ id }, index) => {
    const kind = faultOf(index, count, each);
    return kind === null ? [] : [plantedAs(kind.kind, id, null)];
  });
  const ofLines = strange.map(({ source }) => plantedAs('orphan', source, null));
  return { files, payouts, planted: [...rows.flatMap(plantedOf), ...ofLines, ...faulty] };
}

function plantedAs(kind: string, key: string, subject: string | null): Planted {
  return { kind, provider: 'stripe', key, subject };
}

function plantedOf({ n, role, capture_id: capture, dispute_id: dispute }: Row): Planted[] {
  if (role === 'fx') return [plantedAs(role, `ch_${String(n)}`, capture)];
  return role === 'duplicate_outflow' ? [plantedAs(role, `dp_${String(n)}`, dispute)] : [];
}

function itemsOf(row: Row): Item[] {
  const amount = BigInt(row.amount);
  const ofPayment = { attempt: row.attempt_id, refund: '', charged: null };
  const converted = row.role === 'fx' || row.role === 'conversion';
  // Nine tenths, and a hundredth more where it is wrong: twice what may be.
  const gross = converted ? (amount * (row.role === 'fx' ? 91n : 90n)) / 100n : amount;
  const capture: Item = {
    ...ofPayment,
    ...{ at: row.at.getTime(), category: 'charge', source: `ch_${String(row.n)}`, gross },
    ...{ fee: gross / 50n, charged: converted ? amount : null },
  };
  if (row.refunded_at === null || row.disputed_at === null) return [capture];
  const back = { ...ofPayment, gross: -amount, fee: 0n };
  return [
    capture,
    {
      ...back,
      ...{ at: row.refunded_at.getTime(), category: 'refund', source: `re_${String(row.n)}` },
      refund: row.refund_id ?? '',
    },
    {
      ...back,
      ...{ at: row.disputed_at.getTime(), category: 'dispute', source: `dp_${String(row.n)}` },
    },
  ];
}

/** Evenly over its days; every other one is of a kind that we do know, and that says nothing of what it is for. */
function orphanOf(month: Month, offset: number, each: number, index: number): Item {
  const at = month.from + 2 * dayMs + Math.floor(((index + 0.5) * 16 * dayMs) / each);
  const category = index % 2 === 0 ? 'climate_order_purchase' : 'other_adjustment';
  const money = { gross: -BigInt(100 + (index % 900)), fee: 0n, charged: null };
  return { ...money, at, category, source: `od_${String(first + offset + index)}`, attempt: '', refund: '' }; // prettier-ignore
}

function itemsIn(items: readonly Item[], payout: number): readonly Item[] {
  return items.slice(payout * itemsPerPayout, (payout + 1) * itemsPerPayout);
}

interface Fault {
  readonly kind: 'batch' | 'bank';
  readonly isLost: boolean;
}

/** Of `count` payouts, `each` of both kinds, spread over all of them. */
function faultOf(index: number, count: number, each: number): Fault | null {
  const place = Math.ceil((index * 2 * each) / count);
  if (Math.floor((place * count) / (2 * each)) !== index || place >= 2 * each) return null;
  return { kind: place % 2 === 0 ? 'batch' : 'bank', isLost: place % 4 === 1 };
}

function payoutOf(index: number, fault: Fault | null, items: readonly Item[]): PaidOut {
  const listed = items.reduce((sum, { gross, fee }) => sum + gross - fee, 0n);
  const amount = fault?.kind === 'batch' ? listed + 11n : listed;
  const last = items.at(-1)?.at ?? 0;
  const cameAs = fault?.isLost === true ? null : amount + 13n;
  return {
    ...{ id: `po_stripe_${String(index)}`, provider: 'stripe', currency: 'EUR', amount },
    paidAt: Math.floor(last / dayMs) * dayMs + dayMs,
    credited: fault?.kind === 'bank' ? cameAs : amount,
  };
}

const header =
  'automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,reporting_category,gross,fee,net,currency,source_id,charge_id,payment_intent_id,description,payment_metadata[tender_reference],refund_metadata[tender_reference],customer_facing_amount,customer_facing_currency';

function rowsOf({ id, amount, paidAt }: PaidOut, items: readonly Item[]): readonly string[] {
  const payout: Item = {
    ...{ at: paidAt, category: 'payout', source: id, gross: -amount, fee: 0n },
    ...{ attempt: '', refund: '', charged: null },
  };
  return [...items, payout].map((item) => rowOf(id, paidAt, item));
}

function rowOf(payout: string, paidAt: number, item: Item): string {
  const { at, category, source, gross, fee, attempt, refund, charged } = item;
  const euros = (amount: bigint): string => inMajorUnits(amount, 'EUR');
  return csvLine([
    ...[payout, `${dateOf(paidAt)} 00:00:00`, `txn_${source}`, clockTime(at), category],
    ...[euros(gross), euros(fee), euros(gross - fee), 'eur', source, '', '', '', attempt, refund],
    ...(charged === null ? ['', ''] : [inMajorUnits(charged, 'USD'), 'usd']),
  ]);
}

function clockTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
