/**
 * The front's shapes against Adyen's public OpenAPI, through what the official SDK generates from it: no
 * field is invented, none has another type, no word is used that the API does not have.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import modification from '@adyen/api-library/lib/src/typings/checkout/paymentCancelResponse.js';
import capture from '@adyen/api-library/lib/src/typings/checkout/paymentCaptureResponse.js';
import payment from '@adyen/api-library/lib/src/typings/checkout/paymentResponse.js';
import refund from '@adyen/api-library/lib/src/typings/checkout/paymentRefundResponse.js';
import serviceError from '@adyen/api-library/lib/src/typings/checkout/serviceError.js';
import standalone from '@adyen/api-library/lib/src/typings/checkout/standalonePaymentCancelResponse.js';
import redirect from '@adyen/api-library/lib/src/typings/checkout/checkoutRedirectAction.js';
import notification from '@adyen/api-library/lib/src/typings/notification/notificationRequestItem.js';
import { eventually, startTestSandbox } from '../testing/client.ts';
import type { TestSandbox } from '../testing/client.ts';
import { startReceiver } from '../testing/receiver.ts';
import type { Receiver } from '../testing/receiver.ts';
import { merchantAccount } from './present.ts';

interface Shape {
  readonly attributeTypeMap: readonly { readonly baseName: string; readonly type: string }[];
}
type Body = Record<string, unknown>;

function misfits(object: Body, { attributeTypeMap }: Shape): string[] {
  const fields = new Map(attributeTypeMap.map(({ baseName, type }) => [baseName, type]));
  expect(fields.size).toBeGreaterThan(3);
  return Object.entries(object).flatMap(([name, value]) => {
    const type = fields.get(name);
    if (type === undefined) return [`${name} is invented`];
    const primitive = /^(string|number|boolean)$/.exec(type)?.[1];
    return primitive === undefined || typeof value === primitive ? [] : [`${name} is a ${type}`];
  });
}

let sandbox: TestSandbox;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  const webhookSecret = `whsec_${Buffer.from('shapes').toString('base64')}`;
  sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret });
});
afterAll(() => Promise.all([sandbox.close(), receiver.close()]));

async function call(path: string, body: Body, status: number): Promise<Body> {
  const response = await fetch(`${sandbox.url}/adyen/v72/${path}`, {
    method: 'POST',
    headers: { 'x-api-key': 'key', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ merchantAccount, ...body }),
  });
  expect(response.status).toBe(status);
  return (await response.json()) as Body;
}

function pay(storedPaymentMethodId: string, reference = 'att_shapes'): Promise<Body> {
  return call('payments', {
    amount: { value: 1_000, currency: 'EUR' },
    reference,
    returnUrl: 'https://shop.example/r',
    paymentMethod: { type: 'scheme', storedPaymentMethodId },
    shopperReference: 'shopper_1',
    shopperInteraction: 'ContAuth',
    recurringProcessingModel: 'CardOnFile',
    additionalData: { manualCapture: 'true' },
  }, 200);
} // prettier-ignore

test('a payment has the fields of one, whatever becomes of it', async () => {
  const all = [await pay('tok_visa'), await pay('tok_3ds'), await pay('tok_declined_do_not_honor')];
  expect(all.flatMap((one) => misfits(one, payment.PaymentResponse))).toEqual([]);
  const words: readonly unknown[] = Object.values(payment.PaymentResponse.ResultCodeEnum);
  for (const { resultCode } of all) expect(words).toContain(resultCode);
  expect(all.map(({ resultCode }) => resultCode)).toEqual(['Authorised', 'RedirectShopper', 'Refused']);
  expect(misfits(all[1]?.['action'] as Body, redirect.CheckoutRedirectAction)).toEqual([]);
}); // prettier-ignore

test('a capture, a refund and both kinds of cancel have the fields of theirs', async () => {
  const amount = { value: 400, currency: 'EUR' };
  const id = String((await pay('tok_visa', 'att_to_cancel'))['pspReference']);
  const asked = { reference: 'op_1', amount };
  const captured = await call(`payments/${id}/captures`, asked, 201);
  const refunded = await call(`payments/${id}/refunds`, { ...asked, reference: 'op_2' }, 201);
  const canceled = await call(`payments/${id}/cancels`, { reference: 'op_3' }, 201);
  const byName = { reference: 'op_4', paymentReference: 'att_to_cancel' };
  const named = await call('cancels', byName, 201);
  expect([
    ...misfits(captured, capture.PaymentCaptureResponse),
    ...misfits(refunded, refund.PaymentRefundResponse),
    ...misfits(canceled, modification.PaymentCancelResponse),
    ...misfits(named, standalone.StandalonePaymentCancelResponse),
  ]).toEqual([]);
  const all = [captured, refunded, canceled, named];
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['received']));
});

test('an error has the fields of one', async () => {
  const failed = await call('payments', { reference: 'att_1' }, 422);
  const nobody = await call('payments/NOBODY/captures', { reference: 'op_1' }, 422);
  expect([failed, nobody].flatMap((one) => misfits(one, serviceError.ServiceError))).toEqual([]);
});

test('an event has the fields of one', async () => {
  await pay('tok_visa', 'att_told');
  const items = await eventually(
    () => receiver.received.map(({ body }) => itemOf(body)),
    (all) => all.some((item) => item['merchantReference'] === 'att_told'),
  );
  const shape = notification.NotificationRequestItem;
  expect(items.flatMap((item) => misfits(item, shape))).toEqual([]);
  const words: readonly unknown[] = Object.values(shape.EventCodeEnum);
  for (const { eventCode } of items) expect(words).toContain(eventCode);
  expect(new Set(items.map(({ eventCode }) => eventCode))).toEqual(
    new Set(['AUTHORISATION', 'CAPTURE', 'REFUND', 'CANCELLATION', 'TECHNICAL_CANCEL']),
  );
});

function itemOf(body: Body): Body {
  const [first] = body['notificationItems'] as [{ NotificationRequestItem: Body }];
  return first.NotificationRequestItem;
}
