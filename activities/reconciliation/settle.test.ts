/** captured → settled: when every captured amount is matched, with its lines as evidence, once, and never against a fact. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { recordClosedOperation } from '../../domain/record-closed-operation.ts';
import { newId } from '../../runtime/ids.ts';
import { approved, declined } from '../../test/support/payments.ts';
import {
  openSettlementWorld,
  type Sale,
  type SettlementWorld,
} from '../../test/support/settlement-world.ts';

let on: SettlementWorld;
beforeEach(async () => {
  on = await openSettlementWorld();
});
afterEach(() => on.close());

async function statusOf({ payment }: Sale): Promise<string> {
  return (await on.state(payment.id)).status;
}

const refund = (sale: Sale, amount = 4_000n): Promise<unknown> =>
  on.operate(
    sale.payment,
    { kind: 'refund', amount, attemptId: sale.attemptId },
    approved({ amountMinor: amount, currency: 'USD', providerReference: `ref_${sale.attemptId}` }),
  );

test('its line is the evidence, in the timeline, the status and the event', async () => {
  const sale = await on.sale();
  const before = await on.state(sale.payment.id);
  const file = await on.file([on.lineOf(sale)]);
  expect((await on.night(file)).settled).toBe(1);
  const after = await on.state(sale.payment.id);
  expect([after.status, after.version]).toEqual(['settled', before.version + 1n]);
  const basis = { kind: 'settlement', provider: 'alder', detail: `${file} line 1` };
  const [line] = await on.rows.all(
    `select actor, kind, from_status, to_status, evidence from timeline where payment_id = $1 order by sequence desc limit 1`,
    [sale.payment.id],
  );
  const lines = [{ reconciliation_id: file, line: 1, subject_id: sale.captureId }];
  expect(line).toEqual({
    ...{ actor: 'tender', kind: 'payment.settled', from_status: 'captured', to_status: 'settled' },
    evidence: { ...basis, lines },
  });
  const events = await on.rows.all<{ type: string; status: string; basis: object }>(
    `select type, object #>> '{payment,status}' as status, object #> '{payment,status_basis}' as basis from outbox
     where payment_id = $1 order by sequence desc limit 1`,
    [sale.payment.id],
  );
  expect(events).toEqual([{ type: 'payment.settled', status: 'settled', basis }]);
  // Made of many at once, it is what every other event carries.
  const same = await on.rows.one(
    `select object - '{now,operation_id}'::text[] = payment_snapshot($1) - 'now' as same from outbox
     where payment_id = $1 order by sequence desc limit 1`,
    [sale.payment.id],
  );
  expect(same).toEqual({ same: true });
  expect(await on.rows.one('select timeline_first_broken($1) as broken', [sale.payment.id])).toEqual({ broken: null }); // prettier-ignore
  // Twice is once.
  expect((await on.night(file)).settled).toBe(0);
  expect((await on.state(sale.payment.id)).version).toBe(after.version);
});

test('captured in parts it waits for the file of the last one', async () => {
  const authorized = await on.tried(
    { amount: 9_000n },
    approved({ amountMinor: 9_000n, currency: 'USD' }),
  );
  const part =
    (amountMinor: bigint, final: boolean, name: string) => (payment: typeof authorized) =>
      on.operate(
        payment,
        { kind: 'capture', amount: amountMinor, final },
        approved({ amountMinor, currency: 'USD', providerReference: name }),
      );
  const half = await part(5_000n, false, 'cap_1')(authorized);
  const [first] = half.operations;
  const lineOf = (operation: typeof first, name: string) => ({
    ...{ kind: 'capture', reference: operation?.id ?? '', provider_reference: name },
    ...{ gross: Number(operation?.amount), currency: 'USD' },
  });
  const early = await on.file([lineOf(first, 'cap_1')]);
  expect((await on.night(early)).settled).toBe(0);
  const whole = await part(4_000n, true, 'cap_2')(half);
  expect(whole.status).toBe('captured');
  expect(await on.nextNight()).toEqual({ entries: 0, settled: 0 });
  const late = await on.file([lineOf(whole.operations[1], 'cap_2')]);
  expect((await on.night(late)).settled).toBe(1);
  expect(await on.rows.all('select from payments_to_settle')).toEqual([]);
});

test('of which only a part is captured it is settled once nothing more can be captured', async () => {
  const authorized = await on.tried(
    { amount: 9_000n },
    approved({ amountMinor: 9_000n, currency: 'USD' }),
  );
  const yes = approved({ amountMinor: 5_000n, currency: 'USD', providerReference: 'cap_9' });
  const half = await on.operate(authorized, { kind: 'capture', amount: 5_000n, final: false }, yes);
  const [capture] = half.operations;
  const line = { kind: 'capture', reference: capture?.id ?? '', provider_reference: 'cap_9', gross: 5_000, currency: 'USD' }; // prettier-ignore
  await on.night(await on.file([line]));
  expect(await on.nextNight()).toEqual({ entries: 0, settled: 0 });
  const none = approved({ amountMinor: 4_000n, currency: 'USD', providerReference: 'void_9' });
  const done = await on.operate(half, { kind: 'void', cause: 'cancel', amount: 4_000n }, none);
  expect(done.status).toBe('captured');
  expect(await on.nextNight()).toEqual({ entries: 0, settled: 1 });
});

test('while a break about it is open it is not settled, and is once that ends', async () => {
  const sale = await on.sale();
  const first = await on.file([on.lineOf(sale, { gross: 6_000 })]);
  expect((await on.night(first)).settled).toBe(0);
  const second = await on.file([on.lineOf(sale, { gross: 4_000 })]);
  expect((await on.night(second)).settled).toBe(0);
  expect((await on.nextNight()).settled).toBe(1);
});

test('settled, it is refunded as ever', async () => {
  const sale = await on.sale();
  await on.night(await on.file([on.lineOf(sale)]));
  const settled = { ...sale, payment: await on.state(sale.payment.id) };
  await refund(settled);
  const { status, amountRefunded } = await on.state(sale.payment.id);
  expect([status, amountRefunded]).toEqual(['settled', 4_000n]);
});

test('settled, what its provider takes back is recorded', async () => {
  const sale = await on.sale();
  await on.night(await on.file([on.lineOf(sale)]));
  await on.told(sale, declined());
  const { status, amountCaptured } = await on.state(sale.payment.id);
  expect([status, amountCaptured]).toEqual(['settled', 0n]);
});

test('settled, what is found captured behind a no is excess and goes back: the end stays', async () => {
  const money = { currency: 'USD' } as const;
  const held = await on.tried({ amount: 9_000n }, approved({ amountMinor: 9_000n, ...money }));
  const refused = await on.operate(held, { kind: 'capture', amount: 4_000n, final: false }, declined()); // prettier-ignore
  const yes = approved({ amountMinor: 5_000n, ...money, providerReference: 'cap_yes' });
  const whole = await on.operate(refused, { kind: 'capture', amount: 5_000n, final: true }, yes);
  const [no, done] = whole.operations;
  const line = { kind: 'capture', reference: done?.id ?? '', provider_reference: 'cap_yes', gross: 5_000, ...money }; // prettier-ignore
  expect((await on.night(await on.file([line]))).settled).toBe(1);
  await on.rows.all('update operations set due_at = tender_now() where id = $1', [no?.id]);
  const settled = await on.state(held.id);
  const late = approved({ amountMinor: 4_000n, ...money, providerReference: 'cap_no' });
  const found = settled.operations.find(({ id }) => id === no?.id);
  if (found === undefined) throw new Error('not there');
  const change = recordClosedOperation(
    settled,
    found,
    { kind: 'found', outcome: late },
    newId('op'),
  );
  if (change === null) throw new Error('nothing new');
  const after = await on.commit(settled, change);
  expect([after.status, after.amountCaptured, after.amountExcess]).toEqual(['settled', 5_000n, 4_000n]); // prettier-ignore
  expect(after.operations.map(({ kind, status, excess }) => [kind, status, excess])).toEqual([
    ['capture', 'succeeded', true],
    ['capture', 'succeeded', false],
    ['refund', 'requested', false],
  ]);
  // Its line comes, and is what we have.
  const told = { ...line, reference: no?.id ?? '', provider_reference: 'cap_no', gross: 4_000 };
  const file = await on.file([told]);
  await on.night(file);
  expect(await on.matches(file)).toEqual([{ line: 1, subject_id: no?.id, tier: 2 }]);
  expect((await on.state(held.id)).status).toBe('settled');
});

test('a refund of the same moment goes on, or comes again', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const sale = await on.sale();
      const file = await on.file([on.lineOf(sale)]);
      const [night, moved] = await Promise.all([
        on.night(file),
        refund(sale).then(
          () => 'refunded',
          () => 'moved on',
        ),
      ]);
      const { status, amountRefunded } = await on.state(sale.payment.id);
      expect([night.settled, status]).toEqual([1, 'settled']);
      // Whoever came too late has written nothing: it would load the payment again.
      if (moved === 'refunded') expect(amountRefunded).toBe(4_000n);
      expect(await on.rows.one('select timeline_first_broken($1) as broken', [sale.payment.id])).toEqual({ broken: null }); // prettier-ignore
      return moved;
    }),
  );
  expect(outcomes).toHaveLength(12);
});

test('by two at once it is settled once', async () => {
  const sales = await Promise.all(Array.from({ length: 30 }, () => on.sale()));
  const file = await on.file(sales.map((sale) => on.lineOf(sale)));
  const nights = await Promise.all([on.night(file), on.night(file)]);
  expect(nights.reduce((sum, { settled }) => sum + settled, 0)).toBe(30);
  expect(await Promise.all(sales.map(statusOf))).toEqual(Array(30).fill('settled'));
  const told = await on.rows.one<{ told: number }>(`select count(*)::int as told from outbox where type = 'payment.settled'`); // prettier-ignore
  expect(told).toEqual({ told: 30 });
});
