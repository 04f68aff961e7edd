import { describe, expect, test } from '@jest/globals';
import {
  aContract,
  anAuthorizedPayment,
  anOperation,
  evidence,
  heldBy,
  illegalMoves,
} from '../test/support/payments.ts';
import type { Change } from './change.ts';
import { liveAttempt, type PaymentState } from './payment-state.ts';
import { recordFenced } from './record-no.ts';

function fenced(payment: PaymentState): Change | null {
  const attempt = liveAttempt(payment);
  if (attempt === undefined) throw new Error('nothing is authorized');
  const recording = { payment, attempt, contract: aContract(), newOperationId: 'op_new' };
  return recordFenced(recording, evidence({ detail: 'fenced' }));
}

describe('an authorization recorded while its reference was being voided', () => {
  test.each(['requires_capture', 'processing'] as const)(
    'is held no more: the payment that is %s is canceled, the books emptied',
    (status) => {
      const payment = anAuthorizedPayment([], { status });
      const change = fenced(payment);
      expect(change?.payment).toMatchObject({ status: 'canceled', captureClosed: true });
      expect(change?.attempts?.update).toMatchObject([{ status: 'voided', dueAt: null }]);
      expect(heldBy(change)).toBe(-10_000n);
      expect(illegalMoves(payment, change)).toEqual([]);
    },
  );

  test.each([
    ['being captured', anOperation()],
    [
      'captured in part',
      anOperation({ status: 'succeeded', amount: 1n, final: false, dueAt: null }),
    ],
    ['being voided', anOperation({ kind: 'void', cause: 'cancel' })],
  ])('is left to the provider’s answer while it is %s', (_, operation) => {
    expect(fenced(anAuthorizedPayment([operation]))).toBeNull();
  });
});
