/** The table of replies and their meaning, then noise: nothing but a proper approval approves. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HttpAnswer } from './client.ts';
import { mapDecline, mapFence, mapLookup, mapReply } from './mapping.ts';
import type { Asked } from './mapping.ts';

const asked: Asked = {
  provider: 'alder',
  kind: 'authorize',
  reference: 'att_1',
  amountMinor: 1_000n,
  currency: 'EUR',
};

const authorized = {
  id: 'alder_auth_1',
  object: 'authorization',
  reference: 'att_1',
  status: 'authorized',
  amount: 1_000,
  currency: 'EUR',
  captured: false,
};
const captured = { ...authorized, status: 'captured', captured: true };
const succeeded = { ...authorized, id: 'c_1', object: 'capture', status: 'succeeded' };
const declined = {
  id: 'a_1',
  reference: 'att_1',
  error: { type: 'decline', code: 'do_not_honor' },
};

function answered(status: number, body: unknown, disposition: string | null = null): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'answered', status, disposition, text };
}

function without(key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(authorized).filter(([name]) => name !== key));
}

describe('a reply', () => {
  test.each<[string, HttpAnswer, string, string]>([
    ['an authorization', answered(200, authorized), 'approved', 'http_200 authorized'],
    ['a sale', answered(200, captured), 'approved', 'http_200 captured'],
    ['a decline', answered(402, declined), 'declined', 'http_402 do_not_honor'],
    ['a refused connection', { kind: 'not_connected', detail: 'ECONNREFUSED' }, 'not_sent', 'ECONNREFUSED'],
    ['its stand-in', answered(503, {}, 'refused'), 'not_sent', 'http_503 refused'],
    ['too many requests', answered(429, 'slow down'), 'not_sent', 'http_429'],
    ['a plain 503', answered(503, {}), 'unknown', 'http_503 unexpected_reply'],
    ['another disposition', answered(503, {}, 'accepted'), 'unknown', 'http_503 unexpected_reply'],
    ['a 200 that claims refusal', answered(200, {}, 'refused'), 'unknown', 'http_200 unexpected_reply'],
    ['no answer', { kind: 'no_answer', detail: 'ECONNRESET' }, 'unknown', 'ECONNRESET'],
    ['garbage', answered(200, '<html>'), 'unknown', 'http_200 invalid_json'],
    ['an empty body', answered(200, ''), 'unknown', 'http_200 invalid_json'],
    ['a server error', answered(500, { error: { type: 'server_error', code: 'x' } }), 'unknown', 'http_500 x'],
    ['a key in use', answered(409, { error: { type: 'conflict', code: 'key_in_use' } }), 'unknown', 'http_409 key_in_use'],
    ['a key conflict', answered(409, { error: { type: 'conflict', code: 'key_conflict' } }), 'unknown', 'http_409 key_conflict'],
    ['another amount', answered(200, { ...authorized, amount: 1_001 }), 'unknown', 'amount_mismatch'],
    ['another currency', answered(200, { ...authorized, currency: 'USD' }), 'unknown', 'amount_mismatch'],
    ['an unknown currency', answered(200, { ...authorized, currency: 'XXX' }), 'unknown', 'http_200 unexpected_reply'],
    ['another reference', answered(200, { ...authorized, reference: 'att_2' }), 'unknown', 'http_200 unexpected_reply'],
    ['another object', answered(200, succeeded), 'unknown', 'http_200 unexpected_reply'],
    ['a fraction', answered(200, { ...authorized, amount: 1_000.5 }), 'unknown', 'http_200 unexpected_reply'],
    ['an amount as text', answered(200, { ...authorized, amount: '1000' }), 'unknown', 'http_200 unexpected_reply'],
    ['a missing id', answered(200, without('id')), 'unknown', 'http_200 unexpected_reply'],
    ['contradicting words', answered(200, { ...authorized, captured: true }), 'unknown', 'http_200 unexpected_reply'],
    ['a new status', answered(200, { ...authorized, status: 'held' }), 'unknown', 'http_200 unexpected_reply'],
    ['an approval under 201', answered(201, authorized), 'unknown', 'http_201 unexpected_reply'],
    ['an approval under 402', answered(402, authorized), 'unknown', 'http_402 unexpected_reply'],
    ['a decline under 200', answered(200, declined), 'unknown', 'http_200 unexpected_reply'],
    ['a decline under 500', answered(500, declined), 'unknown', 'http_500 do_not_honor'],
    ['a decline of another', answered(402, { ...declined, reference: 'att_2' }), 'unknown', 'http_402 do_not_honor'],
    ['a redirect', answered(302, ''), 'unknown', 'http_302 invalid_json'],
  ])('%s', (_, answer, kind, detail) => {
    const outcome = mapReply(asked, answer);
    expect(outcome.kind).toBe(kind);
    expect(outcome.evidence).toMatchObject({ kind: 'provider_reply', provider: 'alder', detail });
  }); // prettier-ignore

  test('an approval carries what was moved', () => {
    expect(mapReply(asked, answered(200, captured))).toMatchObject({
      providerReference: 'alder_auth_1',
      amountMinor: 1_000n,
      currency: 'EUR',
      captured: true,
    });
  });

  test('a challenge counts only with a web address to go to', () => {
    const action = { ...authorized, status: 'requires_action' };
    const good = answered(200, { ...action, redirect_url: 'https://bank.test/x' });
    expect(mapReply(asked, good)).toMatchObject({
      kind: 'requires_action',
      action: { type: 'redirect', url: 'https://bank.test/x' },
    });
    const bad = answered(200, { ...action, redirect_url: 'javascript:alert(1)' });
    expect(mapReply(asked, bad).kind).toBe('unknown');
  });

  test('a capture is captured, a void and a refund are not', () => {
    const captures = (['capture', 'void', 'refund'] as const).map((kind) => {
      const outcome = mapReply({ ...asked, kind }, answered(200, { ...succeeded, object: kind }));
      return outcome.kind === 'approved' && outcome.captured;
    });
    expect(captures).toEqual([true, false, false]);
  });
});

test('declines are normalised, and an unknown code is a decline without a name', () => {
  expect(mapDecline('insufficient_funds')).toEqual({
    code: 'insufficient_funds',
    advice: 'retry_later',
    providerCode: 'insufficient_funds',
  });
  for (const providerCode of ['lost_in_space', 'constructor', '__proto__']) {
    expect(mapDecline(providerCode)).toEqual({
      code: 'declined',
      advice: 'try_another_method',
      providerCode,
    });
  }
});

describe('a lookup', () => {
  const absent = { reference: 'att_1', error: { type: 'not_found', code: 'reference_not_found' } };
  const gone = { ...authorized, decline_code: 'already_voided' };
  test.each<[string, HttpAnswer, string, string | undefined]>([
    ['an authorization', answered(200, authorized), 'found', 'approved'],
    ['a sale', answered(200, captured), 'found', 'approved'],
    ['a decline', answered(200, { ...gone, status: 'declined' }), 'found', 'declined'],
    ['a voided one', answered(200, { ...gone, status: 'voided' }), 'found', 'declined'],
    ['an expired one', answered(200, { ...gone, status: 'expired' }), 'found', 'declined'],
    ['nothing', answered(404, absent), 'absent', undefined],
    ["a proxy's 404", answered(404, '<html>not found'), 'no_answer', undefined],
    ['a 404 about another', answered(404, { ...absent, reference: 'x' }), 'no_answer', undefined],
    ['another 404', answered(404, { error: { type: 'not_found', code: 'x' } }), 'no_answer', undefined],
    ['a voided one without reason', answered(200, { ...authorized, status: 'voided' }), 'no_answer', undefined],
    ['garbage', answered(200, 'ok'), 'no_answer', undefined],
    ['an error', answered(500, absent), 'no_answer', undefined],
    ['too many requests', answered(429, ''), 'no_answer', undefined],
    ['no connection', { kind: 'not_connected', detail: 'ECONNREFUSED' }, 'no_answer', undefined],
  ])('%s', (_, answer, kind, outcomeKind) => {
    const result = mapLookup(asked, answer);
    expect(result.kind).toBe(kind);
    expect(result.kind === 'found' ? result.outcome.kind : undefined).toBe(outcomeKind);
  }); // prettier-ignore
});

describe('a fence', () => {
  const fenced = { object: 'fence', reference: 'att_1', status: 'fenced' };
  const refused = { reference: 'att_1', error: { type: 'conflict', code: 'already_captured' } };
  test.each<[string, HttpAnswer, string]>([
    ['confirmed', answered(200, fenced), 'confirmed'],
    ['refused', answered(409, refused), 'refused'],
    ['confirmed for another', answered(200, { ...fenced, reference: 'att_2' }), 'no_answer'],
    ['a bare 409', answered(409, { error: refused.error }), 'no_answer'],
    ['a bare 200', answered(200, {}), 'no_answer'],
    ['an error', answered(500, fenced), 'no_answer'],
    ['nothing', { kind: 'no_answer', detail: 'deadline' }, 'no_answer'],
  ])('%s', (_, answer, kind) => {
    expect(mapFence('alder', 'att_1', answer).kind).toBe(kind);
  });
});

/** Up to two fields of a real reply replaced: close enough to the truth to be dangerous. */
const almostReal = fc
  .tuple(
    fc.constantFrom<Record<string, unknown>>(authorized, captured, declined),
    fc.dictionary(fc.constantFrom(...Object.keys(authorized), 'error'), fc.anything(), {
      maxKeys: 2,
    }),
  )
  .map(([real, changes]) => ({ ...real, ...changes }));
const anyBody = fc.oneof(fc.string(), fc.json(), almostReal);
const anyStatus = fc.oneof(fc.constantFrom(200, 201, 402, 404, 409, 429, 503), fc.nat(999));

function safeText(body: unknown): string {
  try {
    return typeof body === 'string' ? body : JSON.stringify(body);
  } catch {
    return '';
  }
}

/** What may be concluded from a reply, said independently of the code. */
function isProperApproval(status: number, text: string): boolean {
  try {
    const {
      id,
      object,
      reference,
      status: word,
      amount,
      currency,
      captured: took,
    } = JSON.parse(text) as Record<string, unknown>;
    const isTold =
      (word === 'authorized' && took === false) || (word === 'captured' && took === true);
    const isOurs = object === 'authorization' && reference === 'att_1' && typeof id === 'string';
    return status === 200 && isTold && isOurs && amount === 1_000 && currency === 'EUR';
  } catch {
    return false;
  }
}

test('whatever comes back, nothing throws, and only a proper approval is approved', () => {
  let approvals = 0;
  const disposition = fc.constantFrom(null, 'refused', 'x');
  fc.assert(
    fc.property(anyStatus, anyBody, disposition, (status, body, seen) => {
      const text = safeText(body);
      const answer = answered(status, text, seen);
      const outcome = mapReply(asked, answer);
      if (outcome.kind === 'approved') {
        approvals += 1;
        expect(isProperApproval(status, text)).toBe(true);
      }
      if (outcome.kind === 'declined') expect(status).toBe(402);
      if (outcome.kind === 'not_sent') expect([429, 503]).toContain(status);
      if (mapLookup(asked, answer).kind === 'absent') expect(status).toBe(404);
      if (mapFence('alder', 'att_1', answer).kind === 'confirmed') expect(status).toBe(200);
    }),
    { numRuns: 20_000 },
  );
  // The noise must come close enough to the real thing to prove anything.
  expect(approvals).toBeGreaterThan(0);
});

test.each([
  [429, null, 'not_sent'],
  [503, 'refused', 'not_sent'],
  [503, null, 'unknown'],
] as const)(
  '%s (%s) with Retry-After is %s, and says for how long',
  (status, disposition, kind) => {
    const answer = {
      kind: 'answered',
      status,
      disposition,
      text: '{}',
      retryAfterMs: 7_000,
    } as const;
    expect(mapReply(asked, answer)).toMatchObject({ kind, retryAfterMs: 7_000 });
  },
);

test('a lookup, or a void by reference, that is told to wait says for how long', () => {
  const text = '{}';
  const answer = {
    kind: 'answered',
    status: 503,
    disposition: null,
    text,
    retryAfterMs: 7_000,
  } as const;
  const told = { kind: 'no_answer', retryAfterMs: 7_000 };
  expect(mapLookup(asked, answer)).toMatchObject(told);
  expect(mapFence('alder', 'att_1', answer)).toMatchObject(told);
});
