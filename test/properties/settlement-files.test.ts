/**
 * Files in whatever order, of whatever is wrong with them: after each night every minor unit of every line is at
 * the bank, a cost, or in suspense under the name of a break, and the provider owes just what no line has told of.
 * TENDER_TEST_SEED repeats a run, TENDER_TEST_RUNS looks longer.
 */
import { expect, test } from '@jest/globals';
import { proofs, runProof } from '../../db/ledger-proofs.ts';
import { postSettlement } from '../../db/settlement-posting.ts';
import { createRandom, type Random } from '../../scripts/drill/random.ts';
import { approved, pending } from '../support/payments.ts';
import {
  openSettlementWorld,
  type LineRow,
  type Sale,
  type SettlementWorld,
} from '../support/settlement-world.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const runs = Number(process.env['TENDER_TEST_RUNS'] ?? 4);

type Lines = readonly Partial<LineRow>[];
interface Story {
  readonly on: SettlementWorld;
  readonly random: Random;
  readonly merchants: readonly [string, ...string[]];
}

async function aSale({ on, random, merchants }: Story, isPending: boolean): Promise<Sale> {
  return on.sale({
    merchantId: random.pick(merchants),
    amount: BigInt(random.between(500, 9_999)),
    currency: random.pick(['EUR', 'JPY', 'KWD', 'USD']),
    ...(isPending && { outcome: pending() }),
  });
}

/** Of one sale: in order, or wrong in one of the ways that files are. */
function linesOf({ on, random }: Story, sale: Sale): Lines {
  const amount = Number(sale.payment.amount);
  const fee = random.between(-20, 200);
  const other = sale.payment.currency === 'USD' ? 'EUR' : 'USD';
  const line = on.lineOf(sale, { fee });
  const first = random.between(1, amount - 1);
  const ways: readonly [() => Lines, ...(() => Lines)[]] = [
    () => [line],
    () => [line, { ...line, provider_reference: `${sale.providerReference}_2` }],
    () => [{ ...line, gross: first }],
    () => [{ ...line, gross: amount + first }],
    () => [
      { ...line, gross: first },
      { ...line, gross: amount - first, fee: 0 },
    ],
    () => [
      { ...line, gross: 2 * amount, currency: other, charged: amount, charged_currency: sale.payment.currency },
    ],
    () => [{ ...line, currency: other }],
    () => [line, { ...line, kind: 'capture_reversal', gross: -first, fee: 0 }],
    () => [{ ...line, reference: 'att_of_nobody', provider_reference: `${sale.providerReference}_x` }],
    () => [],
  ]; // prettier-ignore
  return random.chance(0.4) ? [line] : random.pick(ways)();
}

/** Given back in part, and listed so, short, or not. */
async function refundOf({ on, random }: Story, sale: Sale): Promise<Lines> {
  const amount = BigInt(random.between(2, Number(sale.payment.amount)));
  const currency = sale.payment.currency as 'USD';
  const reference = `ref_${sale.attemptId}`;
  const { operations } = await on.operate(
    sale.payment,
    { kind: 'refund', amount, attemptId: sale.attemptId },
    approved({ amountMinor: amount, currency, providerReference: reference }),
  );
  const refund = operations.find(({ kind }) => kind === 'refund');
  const line = {
    ...{ kind: 'refund', reference: refund?.id ?? '', provider_reference: reference },
    ...{ parent_reference: sale.providerReference, fee: random.between(-5, 5), currency },
  };
  const listed = random.pick([amount, amount, amount - 1n, 0n]);
  return listed === 0n ? [] : [{ ...line, gross: -Number(listed) }];
}

/** With what concerns no sale, and a payout of each currency that is what its lines come to. */
function fileOf({ random }: Story, name: string, sold: Lines): Lines {
  const account = { reference: null, provider_reference: null, currency: 'USD' };
  const own: Lines = [
    { ...account, kind: 'fee', gross: -random.between(1, 50) },
    { ...account, kind: 'reserve_hold', gross: -random.between(1, 50) },
    { ...account, kind: 'reserve_release', gross: random.between(1, 50) },
    { ...account, kind: 'adjustment', gross: random.between(-50, 50) },
    { ...account, kind: 'fx', gross: -70 },
    { ...account, kind: 'fx', gross: 65, currency: 'EUR' },
  ].filter(() => random.chance(0.5));
  const all = [...sold, ...own];
  const currencies = [...new Set(all.map(({ currency }) => currency ?? ''))];
  const payouts = currencies.map((currency) => {
    const fee = random.between(-3, 0);
    const net = all
      .filter((l) => l.currency === currency)
      .reduce((sum, l) => sum + (l.gross ?? 0) - (l.fee ?? 0), 0);
    const kind = net + fee > 0 ? 'payout' : 'collection';
    return { kind, provider_reference: `po_${name}_${currency}`, gross: net + fee, fee, currency };
  });
  return [...all, ...payouts].map((line) => ({ ...line, batch: name }));
}

/** What is left at the provider, against what no line has told of. */
async function left(on: SettlementWorld): Promise<unknown> {
  return on.rows.all(`
    with owed as (
      select o.merchant_id, o.currency, sum(case o.kind when 'refund' then -o.amount else o.amount end) as amount from operations o
      where o.kind in ('capture', 'refund') and o.status = 'succeeded' and not exists (select from settlement_matches m where m.subject_id = o.id)
      group by 1, 2),
    there as (
      select merchant_id, currency, sum(posted_debits - posted_credits) as amount from account_balances where account = '1100' group by 1, 2)
    select merchant_id, currency, o.amount as owed, t.amount as there from owed o full join there t using (merchant_id, currency)
    where coalesce(o.amount, 0) <> coalesce(t.amount, 0)`);
}

/** Suspense, against the open breaks that name it; and what has to drain. */
async function unexplained(on: SettlementWorld): Promise<unknown> {
  return on.rows.all(`
    with named as (
      select currency, sum(-amount) as amount from breaks where status = 'open'
        and kind in ('amount', 'missing_internal', 'currency', 'duplicate_external', 'state', 'orphan') group by 1),
    there as (
      select currency, sum(posted_debits - posted_credits) as amount from account_balances where account in ('1900', '2900', '1190')
      group by 1)
    select currency, n.amount as named, t.amount as there from named n full join there t using (currency)
    where coalesce(n.amount, 0) <> coalesce(t.amount, 0)`);
}

async function holds(on: SettlementWorld): Promise<void> {
  const broken = await Promise.all(proofs.map((proof) => runProof(on.worker, proof)));
  expect(broken.filter(({ state }) => state !== 'holds')).toEqual([]);
  expect(await left(on)).toEqual([]);
  expect(await unexplained(on)).toEqual([]);
}

async function story(on: SettlementWorld, random: Random): Promise<void> {
  const merchants = [
    await on.newMerchant(),
    await on.newMerchant({ fundModel: 'facilitator' }),
  ] as const;
  const of: Story = { on, random, merchants };
  const waiting: Sale[] = [];
  const files: string[] = [];
  for (let night = 0; night < 3; night += 1) {
    const sold: Partial<LineRow>[] = [];
    for (let n = random.between(3, 10); n > 0; n -= 1) {
      const isPending = random.chance(0.15);
      const sale = await aSale(of, isPending);
      if (isPending) waiting.push(sale);
      sold.push(...linesOf(of, sale));
      if (!isPending && random.chance(0.3)) sold.push(...(await refundOf(of, sale)));
    }
    const file = await on.file(fileOf(of, `batch-${String(night)}`, sold));
    files.push(file);
    await on.night(file);
    await holds(on);
    for (const sale of waiting.splice(0)) await on.told(sale, on.yes(sale));
    for (const each of files) await on.match(each, true);
    await Promise.all([on.nextNight(), on.nextNight()]);
    await holds(on);
  }
  for (const file of files) expect(await postSettlement(on.worker, file)).toBe(0);
}

test(
  'random files',
  async () => {
    process.stderr.write(`settlement files: TENDER_TEST_SEED=${String(seed)}\n`);
    for (let run = 0; run < runs; run += 1) {
      const on = await openSettlementWorld();
      try {
        await story(on, createRandom('settlement-files', seed, run));
      } finally {
        await on.close();
      }
    }
  },
  60_000 + runs * 10_000,
);
