/** Disputes: what each fact does to the record and the books, in whatever order it is told. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DisputeWorld, told } from '../test/support/dispute-world.ts';
import { aCapturedPayment, anOperation } from '../test/support/payments.ts';
import type { DisputeRecord } from './dispute.ts';
import { isTakenByDispute } from './dispute-pot.ts';
import { nextStep } from './next-step.ts';
import type { OperationState, PaymentState } from './payment-state.ts';
import type { DisputeNews } from './provider-disputes.ts';

const keysOf = ({ change }: DisputeRecord): readonly string[] =>
  (change.entries ?? []).map(({ key }) => key.replace(/^.*\//, ''));

describe('a fact', () => {
  test.each([
    ['within what is left', 0n, [told('opened')], ['opened'], []],
    ['won without having been opened', 0n, [told('won')], ['opened', 'won'], []],
    ['lost', 0n, [told('opened'), told('lost')], ['opened', 'lost'], []],
    [
      'after all was refunded',
      10_000n,
      [told('opened')],
      ['opened', 'paid_twice'],
      ['dispute_and_refund_paid'],
    ],
    ['and lost', 10_000n, [told('lost')], ['opened', 'paid_twice'], ['dispute_and_refund_paid']],
    [
      'and won',
      10_000n,
      [told('opened'), told('won')],
      ['opened', 'paid_twice', 'recovered'],
      ['dispute_and_refund_paid'],
    ],
    [
      'of more than was captured',
      0n,
      [told('opened', { amountMinor: 10_001n })],
      ['opened', 'paid_twice'],
      ['dispute_exceeds_captured'],
    ],
    [
      'in another currency',
      0n,
      [told('opened', { currency: 'EUR' })],
      [],
      ['dispute_in_another_currency'],
    ],
    [
      'of another amount',
      0n,
      [told('opened'), told('won', { amountMinor: 3_999n })],
      ['opened'],
      ['dispute_of_another_amount'],
    ],
    [
      'decided otherwise before',
      0n,
      [told('won'), told('lost')],
      ['opened', 'won'],
      ['dispute_decided_otherwise'],
    ],
    [
      'told again',
      0n,
      [told('opened'), told('opened'), told('lost'), told('lost'), told('opened')],
      ['opened', 'lost'],
      [],
    ],
  ] as const)('%s', (_, refunded, events, keys, cases) => {
    // prettier-ignore
    const world = new DisputeWorld();
    if (refunded > 0n) world.ask(refunded);
    world.submit();
    world.answer('succeeded');
    for (const one of events) world.tell(one);
    expect(world.records.flatMap(keysOf)).toEqual(keys);
    expect(world.cases).toEqual(cases);
  });

  test('of a facilitator charges the fee on, and gives it back where the scheme does', () => {
    const world = new DisputeWorld('facilitator');
    world.tell(told('opened'));
    expect([world.balance('1310'), world.balance('4200')]).toEqual([1_500n, -1_500n]);
    world.tell(told('won', { feeReturned: true }));
    expect([world.balance('1310', '2110'), world.balance('4200'), world.balance('5200')]).toEqual([0n, 0n, 0n]); // prettier-ignore
  });

  test('goes before whatever else the payment needs', () => {
    const waits = anOperation({ id: 'ref_1', kind: 'refund', status: 'requested', sentCount: 0 });
    const payment = aCapturedPayment([waits], { disputesTold: true });
    expect(nextStep(payment)).toEqual({ kind: 'record_disputes' });
  });
});

test('a refund that waited while a dispute took its money does not leave; one that left does not stop it', () => {
  const refund = (values: Partial<OperationState>): OperationState =>
    anOperation({ kind: 'refund', status: 'requested', sentCount: 0, amount: 6_000n, ...values });
  const disputed = (...operations: OperationState[]): PaymentState =>
    aCapturedPayment(operations, { amountDisputed: 4_000n });
  const one = refund({ id: 'ref_1' });
  expect(isTakenByDispute(disputed(one, refund({ id: 'ref_2' })), one)).toBe(false);
  expect(isTakenByDispute(disputed(refund({ status: 'unknown', sentCount: 1 }), one), one)).toBe(
    true,
  );
  expect(isTakenByDispute(disputed(one), { ...one, amount: 6_001n })).toBe(true);
  expect(isTakenByDispute(disputed(one), { ...one, amount: 6_001n, sentCount: 1 })).toBe(false);
});

test('what a dispute took a second time is not given away when the refund beside it has failed', () => {
  const world = new DisputeWorld();
  world.ask(10_000n);
  world.submit();
  world.tell(told('opened'));
  expect(world.excess).toBe(4_000n);
  world.answer('failed');
  world.ask(6_001n);
  expect(world.refunds).toHaveLength(1);
  world.ask(6_000n);
  expect(world.refunds).toHaveLength(2);
});

const facts = ['opened', 'won', 'opened', 'lost', 'won'] as const;

test('one dispute told in any order, any number of times, is one state and one journal', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('won' as const, 'lost' as const),
      fc.bigInt(1n, 12_000n),
      fc.bigInt(0n, 10_000n),
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1 }),
      fc.constantFrom('own' as const, 'facilitator' as const),
      (end, amountMinor, refunded, order, fundModel) => {
        const live = (events: readonly DisputeNews['what'][]): unknown => {
          const world = new DisputeWorld(fundModel);
          if (refunded > 0n) world.ask(refunded);
          world.submit();
          world.answer('succeeded');
          for (const what of events) world.tell(told(what, { amountMinor }));
          const entries = world.entries.map((e) => [e.key, e.postings]);
          return {
            entries,
            dispute: world.disputes,
            excess: world.excess,
            disputed: world.disputed,
          };
        };
        const story = [end, 'opened', end, 'opened'] as const;
        const mixed = order.map((i) => story[i] ?? end);
        expect(live([...mixed, end])).toEqual(live(['opened', end]));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('refunds and disputes in 10,000 interleavings: nothing is sent that a dispute has taken, all facts recorded', () => {
  const amount = fc.bigInt(1n, 10_000n);
  const act = fc.oneof(
    fc.record({ do: fc.constant('ask' as const), amount }),
    fc.record({ do: fc.constantFrom('submit' as const, 'succeed' as const, 'fail' as const) }),
    fc.record({
      do: fc.constant('tell' as const),
      which: fc.nat(2),
      what: fc.constantFrom(...facts),
    }),
  );
  let sentBesideDispute = 0;
  fc.assert(
    fc.property(
      fc.array(act, { minLength: 4, maxLength: 24 }),
      fc.array(amount, { minLength: 3, maxLength: 3 }),
      fc.constantFrom('own' as const, 'facilitator' as const),
      (acts, amounts, fundModel) => {
        const world = new DisputeWorld(fundModel);
        for (const one of acts) {
          if (one.do === 'ask') world.ask(one.amount);
          else if (one.do === 'submit') {
            const out = world.submit();
            if (out !== null && world.disputed > 0n) sentBesideDispute += 1;
            if (out !== null) expect(out <= world.captured).toBe(true);
          } else if (one.do === 'tell') {
            const values = {
              providerReference: `dp_${one.which}`,
              amountMinor: amounts[one.which] ?? 1n,
            };
            world.tell(told(one.what, values));
          } else world.answer(one.do === 'succeed' ? 'succeeded' : 'failed');
          expect(world.needed <= world.excess).toBe(true);
          expect(world.balance('1100', '2900', '5200')).toBe(-world.disputed);
          const open = world.disputes.filter(({ status }) => status === 'needs_response');
          expect(world.balance('1300')).toBe(
            open.reduce((sum, d) => sum + d.amount - d.amountExcess, 0n),
          );
        }
      },
    ),
    { numRuns: 10_000 },
  );
  // Else the above would hold for want of refunds.
  expect(sentBesideDispute).toBeGreaterThan(100);
});
