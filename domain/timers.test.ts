import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  aPayment,
  anAttempt,
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
  declined,
  illegalMoves,
  now,
} from '../test/support/payments.ts';
import { nextStep } from './next-step.ts';
import { paymentStatuses } from './payment.ts';
import { recordOperation } from './record-operation.ts';
import { applyTimers } from './timers.ts';
import { lookupDelayMs, resendDelayMs } from './timing.ts';

const expired = anAuthorizedAttempt({ dueAt: now, expiresAt: now });

describe('an authorization whose life is over', () => {
  test('is voided at the provider, not declared expired', () => {
    const payment = anAuthorizedPayment([], { attempts: [expired] });
    const change = applyTimers(payment, 'op_new');
    expect(change?.operations?.insert).toMatchObject([
      { kind: 'void', cause: 'expiry', status: 'requested', amount: 10_000n, attemptId: 'att_1' },
    ]);
    expect(change?.payment).toBeUndefined();
    expect(change?.entries).toBeUndefined();
  });

  test('gives back the part that is not captured', () => {
    const part = anOperation({ status: 'succeeded', amount: 4_000n, final: false });
    const change = applyTimers(anAuthorizedPayment([part], { attempts: [expired] }), 'op_new');
    expect(change?.operations?.insert).toMatchObject([{ amount: 6_000n }]);
  });

  test.each([
    [
      'a millisecond early',
      anAuthorizedPayment([], { attempts: [{ ...expired, expiresAt: now + 1 }] }),
    ],
    ['captured in full', aCapturedPayment([], { attempts: [expired] })],
    ['being captured', anAuthorizedPayment([anOperation()], { attempts: [expired] })],
    ['being voided', anAuthorizedPayment([anOperation({ kind: 'void' })], { attempts: [expired] })],
  ])('is left alone: %s', (_, payment) => {
    expect(applyTimers(payment, 'op_new')).toBeNull();
  });

  // The provider refuses the void for a reason that is not "nothing is held": each round is a new
  // operation and a call, without a pause between them.
  test('is voided again only after an hour when the provider refuses', () => {
    const asked = anOperation({ kind: 'void', cause: 'expiry', status: 'submitting' });
    const payment = anAuthorizedPayment([asked], { attempts: [expired] });
    const refused = recordOperation({ payment, operation: asked, attempt: expired }, declined());
    expect(refused?.attempts?.update).toMatchObject([{ dueAt: now + 3_600_000 }]);
    const attempts = [{ ...expired, dueAt: now + 3_600_000 }];
    expect(nextStep(anAuthorizedPayment([], { attempts })).kind).toBe('rest');
  });
});

describe('the time for another attempt', () => {
  const waiting = aPayment({
    status: 'requires_payment_method',
    attempts: [anAttempt({ status: 'declined', dueAt: null })],
  });

  test('ends the payment as failed', () => {
    const over = { ...waiting, expiresAt: now };
    const change = applyTimers(over, 'op_new');
    expect(change?.payment).toMatchObject({ status: 'failed', statusBasis: { kind: 'timer' } });
    expect(change?.events).toEqual([{ type: 'payment.failed' }]);
    expect(illegalMoves(over, change)).toEqual([]);
  });

  test.each([now + 1, null])('is not over with expires_at %s', (expiresAt) => {
    expect(applyTimers({ ...waiting, expiresAt }, 'op_new')).toBeNull();
  });

  test.each(paymentStatuses.filter((s) => s !== 'requires_payment_method'))(
    'means nothing to a payment that is %s',
    (status) => {
      expect(applyTimers(aPayment({ status, expiresAt: now }), 'op_new')).toBeNull();
    },
  );
});

test('whatever nextStep sends to the timers, the timers act on', () => {
  const ends = [now - 1, now, now + 1, null];
  const payments = paymentStatuses.flatMap((status) =>
    ends.flatMap((expiresAt) =>
      ends.flatMap((attemptEnd) => [
        aPayment({ status, expiresAt, attempts: [anAttempt({ status: 'declined', dueAt: null })] }),
        aPayment({
          status,
          expiresAt,
          attempts: [
            anAttempt({ status: 'requires_action', dueAt: attemptEnd, expiresAt: attemptEnd }),
          ],
        }),
        anAuthorizedPayment([], {
          status,
          expiresAt,
          attempts: [anAuthorizedAttempt({ dueAt: attemptEnd, expiresAt: attemptEnd })],
        }),
      ]),
    ),
  );
  const stuck = payments.filter(
    (p) => nextStep(p).kind === 'apply_timers' && applyTimers(p, 'op_new') === null,
  );
  expect(stuck.map((p) => [p.status, p.expiresAt])).toEqual([]);
});

test('lookups stretch from a second to a day and never stop; resends from half a second to an hour', () => {
  const grows = (delays: readonly number[]): boolean =>
    delays.every((delay, i) => i === 0 || delay >= (delays[i - 1] ?? 0));
  const counts = Array.from({ length: 20 }, (_, i) => i);
  const lookups = counts.map(lookupDelayMs);
  const resends = counts.map(resendDelayMs);
  expect([lookups[0], lookups.at(-1), grows(lookups)]).toEqual([1_000, 86_400_000, true]);
  expect([resends[0], resends.at(-1), grows(resends)]).toEqual([500, 3_600_000, true]);
});
