/** Disputes: what each fact does to the record and the books, in whatever order it is told. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anAnswer, DisputeWorld, told } from '../test/support/dispute-world.ts';
import { aCapturedPayment, aContract, anOperation, evidence } from '../test/support/payments.ts'; // prettier-ignore
import type { DisputeRecord } from './dispute.ts';
import { permitAnswer, recordAnswer } from './dispute-answer.ts';
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
      'won, and come again',
      0n,
      [told('opened'), told('won'), told('opened', { round: 2 }), told('lost', { round: 2 })],
      ['opened', 'won', 'opened', 'lost'],
      [],
    ],
    [
      'come again before its first round was told of as won',
      0n,
      [told('opened'), told('opened', { round: 2, feeMinor: 700n }), told('won'), told('opened')],
      ['opened', 'opened'],
      [],
    ],
    [
      'lost, and won in the next round',
      0n,
      [told('lost'), told('won', { round: 2, feeMinor: 0n })],
      ['opened', 'lost', 'reopened', 'won'],
      [],
    ],
    [
      'won after a refund, and taken once more',
      10_000n,
      [told('opened'), told('won'), told('lost', { round: 2, feeMinor: 0n })],
      ['opened', 'paid_twice', 'recovered', 'paid_twice'],
      ['dispute_and_refund_paid', 'dispute_and_refund_paid'],
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

  test('of a later round has a last day and reminders of its own, and what was answered before does not move it', () => {
    const world = new DisputeWorld();
    world.tell(told('opened'));
    world.tell(told('won'));
    expect(world.disputes).toMatchObject([{ status: 'won', remindAt: null }]);
    const dueBy = '2027-03-01T00:00:00Z';
    const { update, change } = world.tell(told('opened', { round: 2, dueBy, feeMinor: 900n }));
    const remindAt = Date.parse('2027-02-22T00:00:00Z');
    expect(update).toMatchObject({
      status: 'needs_response',
      round: 2,
      dueBy,
      fee: 900n,
      remindAt,
    });
    expect(change.events).toMatchObject([{ type: 'dispute.reopened' }]);
    expect([world.balance('1300'), world.balance('5200')]).toEqual([4_000n, 2_400n]);
    const [dispute] = world.disputes;
    if (dispute === undefined) throw new Error('no dispute');
    const { payment } = world;
    const answer = anAnswer({ kind: 'evidence', status: 'unknown', round: 1, sentCount: 1 });
    const taken = recordAnswer(
      { payment, dispute, answer },
      { kind: 'taken', evidence: evidence() },
      1,
    );
    expect([taken?.disputes?.update, taken?.events]).toEqual([[], []]);
    const requested = { ...answer, status: 'requested' as const, dueAt: payment.now };
    const permit = permitAnswer({ payment, dispute, answer: requested }, aContract());
    expect(permit?.isPermit).toBe(false);
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
