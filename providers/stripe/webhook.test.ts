import { expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { startReceiver } from '../../sandbox/testing/receiver.ts';
import { eventually, startTestSandbox } from '../../sandbox/testing/client.ts';
import { anAuthorization, anOperation, assertApproved } from '../conformance/harness.ts';
import { createStripeProvider } from './provider.ts';
import { createStripeWebhookReader } from './webhook.ts';

const stripe = new Stripe('sk_test_x');
const secrets = ['whsec_new', 'whsec_old'];
const read = createStripeWebhookReader(stripe, secrets, false);

function anEvent(object: Record<string, unknown>, changes: Record<string, unknown> = {}): string {
  const type = 'payment_intent.succeeded';
  return JSON.stringify({ id: 'evt_1', object: 'event', type, livemode: false, data: { object }, ...changes });
} // prettier-ignore

const intent = {
  id: 'pi_1', object: 'payment_intent', status: 'succeeded', capture_method: 'automatic', currency: 'eur',
  amount: 1_000, amount_received: 1_000, metadata: { tender_reference: 'att_1' },
}; // prettier-ignore

function sign(payload: string, secret = 'whsec_new', timestamp = Math.floor(Date.now() / 1_000)) {
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  return { 'stripe-signature': header };
}

test.each(secrets)('signed with %s it is read', (secret) => {
  const body = anEvent(intent);
  expect(read(Buffer.from(body), sign(body, secret))).toMatchObject({
    eventId: 'evt_1',
    type: 'payment_intent.succeeded',
    reference: 'att_1',
    claim: { kind: 'authorize', outcome: { kind: 'approved', evidence: { kind: 'webhook' } } },
  });
});

test.each([
  ['a capture', { ...intent, capture_method: 'manual', metadata: { tender_reference: 'att_1', tender_capture: 'op_1' } }, 'op_1', 'capture'],
  ['a cancel, which names no operation', { ...intent, status: 'canceled' }, 'att_1', undefined],
  ['a refund', { id: 're_1', object: 'refund', status: 'failed', metadata: { tender_reference: 'ref_1' } }, 'ref_1', 'refund'],
  ['an intent of somebody else', { ...intent, metadata: {} }, 'pi_1', undefined],
  ['anything else', { id: 'dp_1', object: 'dispute' }, 'dp_1', undefined],
])('it tells of %s', (_, object, reference, kind) => {
  const body = anEvent(object);
  const webhook = read(Buffer.from(body), sign(body));
  expect(webhook?.reference).toBe(reference);
  expect(webhook?.claim?.kind).toBe(kind);
}); // prettier-ignore

const body = anEvent(intent);
const now = Math.floor(Date.now() / 1_000);
test.each<[string, string, Record<string, string>]>([
  ['unsigned', body, {}],
  ['signed by somebody else', body, sign(body, 'whsec_other')],
  ['signed six minutes ago', body, sign(body, 'whsec_new', now - 360)],
  ['signed for a day to come', body, sign(body, 'whsec_new', now + 86_400)],
  ['behind a mark that the library passes over', `\uFEFF${body}`, sign(body)],
  ['signed at a time with something behind it', body, { 'stripe-signature': sign(body)['stripe-signature'].replace(',', 'x,') }],
  ['changed after it was signed', body.replace('att_1', 'att_2'), sign(body)],
  ['cut short', body.slice(0, -1), sign(body)],
  ['of the other mode', anEvent(intent, { livemode: true }), sign(anEvent(intent, { livemode: true }))],
  ['no event', '{"id":"evt_1"}', sign('{"id":"evt_1"}')],
  ['not JSON', 'hello', sign('hello')],
])('%s it is not ours', (_, sent, headers) => {
  expect(read(Buffer.from(sent), headers)).toBeNull();
}); // prettier-ignore

test('what the front sends is signed as Stripe signs, and tells what the books hold', async () => {
  const receiver = await startReceiver();
  const webhookSecret = `whsec_${Buffer.from('a secret of the front').toString('base64')}`;
  const sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret });
  try {
    const url = `${sandbox.url}/stripe`;
    const provider = createStripeProvider({ secretKey: 'sk_test_x', webhookSecrets: [webhookSecret], url });
    await sandbox.setFaults([{ provider: 'stripe', fault: 'webhook_duplicate', rate: 1 }]);
    const request = anAuthorization('tok_visa');
    const outcome = await provider.authorize(request);
    assertApproved(outcome);
    const capture = anOperation({ request, outcome }, 400n, true);
    assertApproved((await provider.capture?.(capture)) ?? outcome);
    const received = await eventually(() => receiver.received, (all) => all.length >= 4);
    const told = received.map(({ raw, headers }) =>
      provider.readWebhook(raw, { 'stripe-signature': String(headers['stripe-signature']) }),
    );
    expect(new Set(told.map((one) => one?.reference))).toEqual(
      new Set([request.reference, capture.reference]),
    );
    const captured = told.find((one) => one?.reference === capture.reference)?.claim?.outcome;
    expect(captured).toMatchObject({ kind: 'approved', amountMinor: 400n });
  } finally {
    await Promise.all([sandbox.close(), receiver.close()]);
  }
}); // prettier-ignore
