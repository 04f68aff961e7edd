/** Settled is what every captured amount of is listed: whenever its lines come to be known as its, and whoever else is at it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import { resolving, type Resolving } from '../test/support/break-resolving.ts';
import { startBreaksApi, type BreaksApi } from '../test/support/breaks.ts';
import { approved, declined, pending } from '../test/support/payments.ts';
import { openSettlementWorld, type Sale, type SettlementWorld } from '../test/support/settlement-world.ts'; // prettier-ignore
import { holdSettlement } from './matching.ts';
import { markMatched } from './reconciliations.ts';
import { postSettlement, settlePaymentsOf } from './settlement-posting.ts';

let on: SettlementWorld;
let staff: BreaksApi;
let people: Resolving;
beforeEach(async () => {
  on = await openSettlementWorld();
  staff = await startBreaksApi({ on });
  people = resolving(staff);
});

const sale = (values: Parameters<SettlementWorld['sale']>[0] = {}): Promise<Sale> =>
  on.sale({ merchantId: staff.merchantId, ...values });

const refunded = (payment: PaymentState, name: string): Promise<PaymentState> =>
  on.operate(
    payment,
    { kind: 'refund', amount: 4_000n, attemptId: payment.attempts[0]?.id ?? '' },
    approved({ amountMinor: 4_000n, currency: 'USD', providerReference: name }),
  );

async function statuses(sales: readonly Sale[]): Promise<readonly string[]> {
  return Promise.all(sales.map(async ({ payment }) => (await on.state(payment.id)).status));
}

/** Nothing is said twice, chains hold, and what is settled has all of its captures listed. */
async function holds(): Promise<void> {
  const wrong = await on.rows.all(`
    select p.id, p.status from payments p
    where timeline_first_broken(p.id) is not null
      or (select count(*) from outbox o where o.payment_id = p.id and o.type = 'payment.settled') <> (p.status = 'settled')::int
      or (select count(*) from timeline t where t.payment_id = p.id and t.to_status = 'settled') <> (p.status = 'settled')::int
      or (select count(*) - count(distinct o.sequence) from outbox o where o.payment_id = p.id) <> 0
      or p.status = 'settled' and exists (select from operations o where o.payment_id = p.id and o.kind = 'capture'
        and o.status = 'succeeded' and not o.late and not exists (select from settlement_matches m where m.subject_id = o.id))`);
  expect(wrong).toEqual([]);
}
afterEach(async () => {
  await holds();
  await staff.close();
});

const waiters = (): Promise<readonly unknown[]> => on.rows.all('select from payments_to_settle');

test('a line that is known to be its only later settles it the night after, whatever its file has come to', async () => {
  const late = await sale({ outcome: pending() });
  const file = await on.file([on.lineOf(late)]);
  await on.night(file);
  await on.rows.all(`update reconciliations set status = 'completed' where id = $1`, [file]);
  await on.told(late, on.yes(late));
  expect(await on.nextNight()).toMatchObject({ settled: 0 });
  await on.match(file, true);
  expect(await on.nextNight()).toMatchObject({ settled: 1 });
  expect([await statuses([late]), await waiters()]).toEqual([['settled'], []]);
});

test('what people ended about it no longer keeps it', async () => {
  const short = await sale();
  const file = await on.file([on.lineOf(short, { gross: 9_000 })]);
  expect(await on.night(file)).toMatchObject({ settled: 0 });
  const [found] = await on.breaks(file);
  expect(await people.settle(found?.id ?? '', { action: 'write_off' })).toBe('200 approved');
  expect(await on.nextNight()).toMatchObject({ settled: 1 });
});

test('a line of its refund alone says nothing of its capture', async () => {
  const one = await sale();
  const after = await refunded(one.payment, 'ref_1');
  const refund = after.operations.find(({ kind }) => kind === 'refund')?.id ?? '';
  const line = { kind: 'refund', reference: refund, provider_reference: 'ref_1', gross: -4_000, currency: 'USD' }; // prettier-ignore
  expect(await on.night(await on.file([line]))).toMatchObject({ settled: 0 });
  expect(await on.nextNight()).toMatchObject({ settled: 0 });
  expect(await on.night(await on.file([on.lineOf(one)]))).toMatchObject({ settled: 1 });
});

test('killed between two stretches it goes on with the rest', async () => {
  const sales = await Promise.all(Array.from({ length: 6 }, () => sale()));
  const file = await on.file(sales.map((one) => on.lineOf(one)));
  await on.match(file);
  await markMatched(on.worker, file);
  await postSettlement(on.worker, file);
  expect(await settlePaymentsOf(on.worker, file, 1, 4)).toBe(3);
  expect((await statuses(sales)).filter((status) => status === 'settled')).toHaveLength(3);
  expect([await settlePaymentsOf(on.worker, file, 1, 7), await settlePaymentsOf(on.worker, file, 1, 7)]).toEqual([3, 0]); // prettier-ignore
});

test('nothing is settled while lines of its provider are being matched', async () => {
  const one = await sale();
  const file = await on.file([on.lineOf(one)]);
  await on.match(file);
  await markMatched(on.worker, file);
  await postSettlement(on.worker, file);
  const settling = await on.worker.transaction().execute(async (trx) => {
    await holdSettlement(trx, 'alder');
    const waiting = settlePaymentsOf(on.worker, file, 1, 2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sql`insert into breaks (kind, provider, reconciliation_id, line, payment_id, subject_id, amount, currency)
      values ('amount', 'alder', ${file}, 1, ${one.payment.id}, ${one.captureId}, -1, 'USD')`.execute(
      trx,
    );
    return { waiting };
  });
  expect(await settling.waiting).toBe(0);
  expect(await statuses([one])).toEqual(['captured']);
});

describe('against facts of the same moment', () => {
  test('what its provider takes back is recorded, and whoever comes second comes again', async () => {
    const sales = await Promise.all(Array.from({ length: 12 }, () => sale()));
    const file = await on.file(sales.map((one) => on.lineOf(one)));
    await on.match(file);
    await markMatched(on.worker, file);
    await postSettlement(on.worker, file);
    const gone = sales.map((one) => on.told(one, declined()).catch(() => 'again' as const));
    await Promise.all([settlePaymentsOf(on.worker, file, 1, 13), ...gone]);
    const again = await Promise.all(gone);
    for (const [index, one] of sales.entries()) {
      if (again[index] === 'again') await on.told(one, declined());
    }
    const left = await Promise.all(sales.map(({ payment }) => on.state(payment.id)));
    expect(left.every(({ amountCaptured }) => amountCaptured === 0n)).toBe(true);
    expect(left.filter(({ status }) => !['settled', 'failed'].includes(status))).toEqual([]);
    expect((await on.books())['4000 USD']).toBeUndefined();
  });

  test('refunds of it go on, by whoever loads it anew', async () => {
    const sales = await Promise.all(Array.from({ length: 12 }, () => sale()));
    const file = await on.file(sales.map((one) => on.lineOf(one)));
    await on.match(file);
    await markMatched(on.worker, file);
    await postSettlement(on.worker, file);
    const refunds = sales.map(({ payment }) =>
      refunded(payment, `ref_${payment.id}`).catch(() => 'again' as const),
    );
    await Promise.all([settlePaymentsOf(on.worker, file, 1, 13), ...refunds]);
    const done = await Promise.all(refunds);
    expect(await statuses(sales)).toEqual(Array(12).fill('settled'));
    for (const [index, { payment }] of sales.entries()) {
      const now = await on.state(payment.id);
      const isOpen = now.operations.some(({ kind }) => kind === 'refund');
      // It was refused at its request, or at its sending: then it is there, and its run goes on with it.
      if (done[index] === 'again' && !isOpen) await refunded(now, `ref_${payment.id}`);
      const then = await on.state(payment.id);
      expect(then.amountRefunded + then.refundReserved).toBe(4_000n);
    }
  });
});

describe.each(['before', 'after'] as const)(
  'taken back once it is settled, told %s its line',
  (order) => {
    test('leaves nothing at the provider and nothing in suspense', async () => {
      const one = await sale();
      const paid = { kind: 'payout', gross: 10_000, currency: 'USD', batch: 'batch-1' };
      await on.night(await on.file([on.lineOf(one), paid]));
      if (order === 'before') await on.told(one, declined());
      const back = { kind: 'capture_reversal', gross: -10_000, batch: 'batch-2' };
      const collected = { kind: 'collection', gross: -10_000, currency: 'USD', batch: 'batch-2' };
      await on.night(await on.file([on.lineOf(one, back), collected]));
      expect((await on.books())['1900 alder USD']).toBe(order === 'before' ? undefined : 10_000);
      if (order === 'after') await on.told(one, declined());
      await on.nextNight();
      expect(await on.books()).toEqual({});
    });
  },
);
