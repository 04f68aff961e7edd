import { expect, test } from '@jest/globals';
import type { LookupKind } from '../../domain/provider.ts';
import { AdyenError, failedCall } from './errors.ts';
import { seenAs } from './outcomes.ts';

const seen = seenAs('provider_reply');

function outcomeOf(kind: LookupKind, error: unknown): string {
  const outcome = failedCall(kind, error, seen);
  return outcome.kind === 'declined' ? outcome.decline.code : outcome.kind;
}

const validation = { errorType: 'validation', errorCode: '702' };

test.each<[string, LookupKind, string, number, Partial<AdyenError>]>([
  ['an invalid request', 'authorize', 'declined', 422, validation],
  ['an invalid request, said otherwise', 'capture', 'declined', 400, validation],
  ['what the account is not set up for', 'refund', 'declined', 422, { errorType: 'configuration', errorCode: '905' }],
  ['a stored card nobody has', 'authorize', 'invalid_token', 422, { ...validation, errorCode: '803' }],
  ['a shopper nobody has', 'authorize', 'invalid_token', 422, { ...validation, errorCode: '800' }],
  ['803 of no card', 'capture', 'declined', 422, { ...validation, errorCode: '803' }],
  ['a key in use', 'authorize', 'unknown', 422, { ...validation, errorCode: '704' }],
  ['a key in use, of a capture', 'capture', 'unknown', 422, { ...validation, errorCode: '704' }],
  ['what may be tried again', 'authorize', 'unknown', 422, { ...validation, isTransient: true }],
  ['422 of somebody', 'authorize', 'unknown', 422, {}],
  ['422 of an inner error', 'authorize', 'unknown', 422, { errorType: 'internal', errorCode: '905' }],
  ['a type of tomorrow', 'authorize', 'unknown', 422, { errorType: 'new', errorCode: '1' }],
  ['a wrong API key', 'authorize', 'not_sent', 401, { errorType: 'security', errorCode: '000' }],
  ['an account that may not', 'capture', 'not_sent', 403, { errorType: 'security', errorCode: '901' }],
  ['403 of a proxy', 'authorize', 'unknown', 403, {}],
  ['401 that may be tried again', 'authorize', 'unknown', 401, { errorType: 'security', isTransient: true }],
  ['too many requests', 'authorize', 'unknown', 429, { errorType: 'internal' }],
  ['an error of theirs', 'authorize', 'unknown', 500, { errorType: 'internal', errorCode: '905' }],
  ['an error that claims to be a rejection', 'authorize', 'unknown', 500, validation],
  ['a success that is no JSON', 'authorize', 'unknown', 200, {}],
  ['a status of tomorrow', 'authorize', 'unknown', 418, validation],
])('%s (%s): %s', (_, kind, expected, status, said) => {
  const nothing = { errorCode: undefined, errorType: undefined, isTransient: false };
  expect(outcomeOf(kind, new AdyenError({ status, ...nothing, ...said }))).toBe(expected);
}); // prettier-ignore

test.each([
  ['nobody listened', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'not_sent'],
  ['the name is not known', Object.assign(new Error(), { code: 'ENOTFOUND' }), 'not_sent'],
  ['the deadline passed', new DOMException('', 'TimeoutError'), 'unknown'],
  ['the connection broke', Object.assign(new Error(), { code: 'ECONNRESET', syscall: 'read' }), 'unknown'],
  ['something is wrong with us', new TypeError('bug'), 'unknown'],
  ['nothing is known', undefined, 'unknown'],
])('where %s', (_, error, expected) => {
  expect(outcomeOf('authorize', error)).toBe(expected);
}); // prettier-ignore
