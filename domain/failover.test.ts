import { describe, expect, test } from '@jest/globals';
import { aContract, anAttempt, anOperation, aPayment, declined, illegalMoves, now } from '../test/support/payments.ts'; // prettier-ignore
import type { Change } from './change.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import { recordAttempt } from './record-attempt.ts';
import { failoverDeclines } from './routing-rules.ts';
import { nextStep } from './next-step.ts';

interface Case {
  readonly payment?: Partial<PaymentState>;
  readonly attempt?: Partial<AttemptState>;
  readonly allowed?: readonly string[];
}

function afterDecline(
  code: string,
  { payment, attempt, allowed }: Case = {},
  by: 'provider_reply' | 'lookup' = 'provider_reply',
): Change | null {
  const a = anAttempt({ status: 'submitting', ...attempt });
  const p = aPayment({ attempts: [a], ...payment });
  const outcome = declined(code);
  return recordAttempt(
    {
      ...{ payment: p, attempt: a, contract: aContract(), newOperationId: 'op_new' },
      ...(allowed !== undefined && { failoverDeclines: allowed }),
    },
    { ...outcome, evidence: { ...outcome.evidence, kind: by } },
  );
}

const goesOn = (change: Change | null): boolean => change?.payment?.status === 'processing';

describe('after a decline', () => {
  test.each([
    ['issuer_unavailable', true],
    ['processing_error', true],
    // The issuer's own no.
    ['do_not_honor', false],
    ['declined', false],
    // The same everywhere.
    ['insufficient_funds', false],
    ['invalid_token', false],
    ['authentication_failed', false],
    ['reference_voided', false],
    ['a_code_nobody_knows', false],
  ])('%s: another provider is asked: %s', (code, expected) => {
    expect(goesOn(afterDecline(code))).toBe(expected);
  });

  test('do_not_honor goes on where the rules say so', () => {
    expect(goesOn(afterDecline('do_not_honor', { allowed: ['do_not_honor'] }))).toBe(true);
    expect(goesOn(afterDecline('issuer_unavailable', { allowed: [] }))).toBe(false);
  });

  test('nothing about funds, card or shopper can be made soft', () => {
    expect(Object.keys(failoverDeclines)).toEqual([
      'issuer_unavailable', 'processing_error', 'do_not_honor', 'declined',
    ]); // prettier-ignore
  });

  test.each<[string, Case]>([
    ['had the shopper pass a page', { attempt: { expiresAt: now + 1_000 } }],
    ['is the tenth', { payment: { attempts: Array.from({ length: 10 }, () => anAttempt()) } }],
    ['comes when the time to submit is as good as over', { payment: { submitBy: now + 2_000 } }],
    ['has no time to submit', { payment: { submitBy: null } }],
    ['is of a bank debit', { payment: { paymentMethod: { type: 'bank_debit', token: 't' } } }],
  ])('nobody else is asked where the attempt %s', (_, values) => {
    const change = afterDecline('issuer_unavailable', values);
    expect(goesOn(change)).toBe(false);
    expect(change?.answers).toMatchObject([{ status: 402, code: 'payment_declined' }]);
  });

  test('of a resend nothing is over: the first send may have been taken', () => {
    const change = afterDecline('issuer_unavailable', { attempt: { sentCount: 2 } });
    expect(change?.attempts?.update).toMatchObject([{ status: 'unknown' }]);
    expect([change?.payment?.status, change?.answers]).toEqual([undefined, undefined]);
    // What a lookup says is true of both.
    const found = afterDecline('issuer_unavailable', { attempt: { sentCount: 2 } }, 'lookup');
    expect(goesOn(found)).toBe(false);
    expect(found?.answers).toMatchObject([{ status: 402, code: 'payment_declined' }]);
  });

  test('a cancel that waits is carried out instead', () => {
    const cancel = anOperation({ kind: 'void', cause: 'cancel', status: 'requested' });
    const change = afterDecline('issuer_unavailable', {
      payment: { operations: [cancel], voidOpen: true },
    });
    expect(change?.payment?.status).toBe('canceled');
  });

  test('that is soft nobody is told, the decline is kept, and the next provider takes it', () => {
    const payment = aPayment({ attempts: [anAttempt({ status: 'submitting' })] });
    const change = afterDecline('issuer_unavailable');
    expect(illegalMoves(payment, change)).toEqual([]);
    expect(change?.attempts?.update).toMatchObject([
      { status: 'declined', decline: { code: 'issuer_unavailable' }, dueAt: null },
    ]);
    expect([change?.answers, change?.events, change?.entries]).toEqual([undefined, undefined, undefined]); // prettier-ignore
    const attempts = [anAttempt({ status: 'declined', dueAt: null })];
    expect(nextStep({ ...payment, attempts })).toEqual({ kind: 'authorize' });
  });
});
