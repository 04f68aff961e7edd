/** Every refusal of a provider, in each state of an authorization; and that undoing really undoes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contractOf } from '../contracts.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { applyOperation, refusalOf, remainingAmount, revertOperation } from './rules.ts';
import type { RequestedOperation } from './rules.ts';

const alder = contractOf('alder');
const birch = contractOf('birch');
const expiresAt = 10_000;

function anAuthorization(changes: Partial<AuthorizationRow> = {}): AuthorizationRow {
  return {
    id: 'alder_auth_1',
    provider: 'alder',
    reference: 'att_1',
    key: 'key_1',
    amount: 1_000,
    currency: 'EUR',
    sale: 0,
    status: 'authorized',
    decline_code: null,
    captured: 0,
    refunded: 0,
    released: 0,
    closed: 0,
    return_url: null,
    brand: null,
    last4: null,
    created_at: 0,
    expires_at: expiresAt,
    ...changes,
  };
}

function requested(kind: RequestedOperation['kind'], amount: number): RequestedOperation {
  return { kind, amount, currency: 'EUR', final: false };
}

const states = {
  open: anAuthorization(),
  partly: anAuthorization({ captured: 400 }),
  taken: anAuthorization({ captured: 1_000, closed: 1 }),
  refunded: anAuthorization({ captured: 1_000, refunded: 1_000, closed: 1 }),
  voided: anAuthorization({ status: 'voided', released: 1_000, closed: 1 }),
  declined: anAuthorization({ status: 'declined' }),
  challenged: anAuthorization({ status: 'requires_action' }),
};

describe('refusals', () => {
  test.each<[keyof typeof states, RequestedOperation['kind'], number, string | null]>([
    ['open', 'capture', 1_000, null],
    ['open', 'capture', 1, null],
    ['open', 'capture', 1_001, 'capture_exceeds_authorization'],
    ['open', 'void', 1_000, null],
    ['open', 'void', 1_001, 'void_exceeds_authorization'],
    ['open', 'refund', 1, 'refund_exceeds_captured'],
    ['partly', 'capture', 600, null],
    ['partly', 'capture', 601, 'capture_exceeds_authorization'],
    ['partly', 'void', 600, null],
    ['partly', 'void', 601, 'void_exceeds_authorization'],
    ['partly', 'refund', 400, null],
    ['partly', 'refund', 401, 'refund_exceeds_captured'],
    ['taken', 'capture', 1, 'already_captured'],
    ['taken', 'void', 1, 'already_captured'],
    ['taken', 'refund', 1_000, null],
    ['refunded', 'refund', 1, 'refund_exceeds_captured'],
    ['voided', 'capture', 1, 'already_voided'],
    ['voided', 'void', 1, 'already_voided'],
    ['voided', 'refund', 1, 'refund_exceeds_captured'],
    ['declined', 'capture', 1, 'authorization_declined'],
    ['declined', 'void', 1, 'authorization_declined'],
    ['declined', 'refund', 1, 'refund_exceeds_captured'],
    ['challenged', 'capture', 1, 'authorization_incomplete'],
    ['challenged', 'void', 1_000, null],
    ['challenged', 'refund', 1, 'refund_exceeds_captured'],
  ])('%s: %s of %p', (state, kind, amount, refusal) => {
    expect(refusalOf(alder, states[state], requested(kind, amount), 0)).toBe(refusal);
  });

  test('what is not there, of another currency, or out of time', () => {
    const capture = requested('capture', 1);
    expect(refusalOf(alder, undefined, capture, 0)).toBe('authorization_not_found');
    const dollars = { ...capture, currency: 'USD' };
    expect(refusalOf(alder, states.open, dollars, 0)).toBe('currency_mismatch');
    expect(refusalOf(alder, states.open, capture, expiresAt - 1)).toBeNull();
    expect(refusalOf(alder, states.open, capture, expiresAt)).toBe('authorization_expired');
    expect(refusalOf(alder, states.taken, requested('refund', 1), expiresAt)).toBeNull();
  });

  test('where the contract has no partial captures, only the whole can be captured', () => {
    const whole = { ...alder, partialCapture: false };
    expect(refusalOf(whole, states.open, requested('capture', 999), 0)).toBe(
      'partial_capture_not_supported',
    );
    expect(refusalOf(whole, states.open, requested('capture', 1_000), 0)).toBeNull();
  });
});

describe('effects', () => {
  test('a final capture closes, and so does the first where there is only one', () => {
    const partial = requested('capture', 400);
    expect(remainingAmount(applyOperation(alder, states.open, partial))).toBe(600);
    expect(remainingAmount(applyOperation(alder, states.open, { ...partial, final: true }))).toBe(
      0,
    );
    expect(remainingAmount(applyOperation(birch, states.open, partial))).toBe(0);
  });

  test('a void of all that remains leaves what was captured', () => {
    const voided = applyOperation(alder, states.partly, requested('void', 600));
    expect(voided).toMatchObject({ status: 'authorized', captured: 400, closed: 1 });
    expect(applyOperation(alder, states.open, requested('void', 1_000)).status).toBe('voided');
  });

  test('undoing an operation restores what was before it', () => {
    const start = fc.constantFrom(states.open, states.partly, states.taken);
    const operation = fc.record({
      kind: fc.constantFrom<RequestedOperation['kind']>('capture', 'void', 'refund'),
      amount: fc.integer({ min: 1, max: 1_000 }),
      currency: fc.constant('EUR'),
      final: fc.boolean(),
    });
    fc.assert(
      fc.property(start, operation, fc.constantFrom(alder, birch), (before, order, contract) => {
        fc.pre(refusalOf(contract, before, order, 0) === null);
        const after = applyOperation(contract, before, order);
        expect(revertOperation(after, order.kind, order.amount)).toEqual(before);
      }),
    );
  });
});
