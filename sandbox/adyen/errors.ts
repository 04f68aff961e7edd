/** Adyen's error bodies. */
import { jsonReply } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';

type ErrorType = 'validation' | 'security' | 'configuration' | 'internal';

function failed(status: number, errorCode: string, errorType: ErrorType, message: string): Reply {
  return jsonReply(status, { status, errorCode, message, errorType });
}

export const unauthorized = failed(401, '000', 'security', 'HTTP Status Response - Unauthorized');
export const otherAccount = failed(403, '901', 'security', 'Invalid Merchant Account');
export const notHere = failed(404, '000', 'validation', 'Not found');
export const noSuchPayment = failed(
  422,
  '167',
  'validation',
  'Original pspReference required for this operation',
);
export const noSuchDetails = failed(422, '101', 'validation', 'Invalid payment details');
export const noSuchToken = failed(422, '803', 'validation', 'PaymentDetail not found');
export const invalidAmount = failed(422, '137', 'validation', 'Invalid amount specified');
export const keyInUse = failed(
  422,
  '704',
  'validation',
  'request already processed or in progress',
);
export const serverError = failed(500, '905', 'internal', 'Internal error');
export const tooMany: Reply = {
  ...failed(429, '905', 'internal', 'Too many requests'),
  headers: { 'transient-error': 'true', 'retry-after': '1' },
};

export function invalidField(message: string): Reply {
  return failed(422, '702', 'validation', message);
}
