import { expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createWebhookReader } from './webhook.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const otherSecret = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const read = createWebhookReader('alder', secret);
const event = {
  id: 'evt_1',
  type: 'authorization.succeeded',
  provider: 'alder',
  reference: 'att_1',
  provider_reference: 'alder_auth_1',
  created_at: '2026-11-22T10:00:00.000Z',
};

interface Signed {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function sign(payload: unknown, at = new Date(), key = secret, id = 'evt_1'): Signed {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return {
    body: Buffer.from(text),
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(key).sign(id, at, text),
    },
  };
}

test('a signed event is read', () => {
  const { body, headers } = sign(event);
  expect(read(body, headers)).toEqual({
    eventId: 'evt_1',
    type: 'authorization.succeeded',
    reference: 'att_1',
  });
});

test.each<[string, Signed]>([
  ['signed by someone else', sign(event, new Date(), otherSecret)],
  ['older than five minutes', sign(event, new Date(Date.now() - 301_000))],
  ['from the future', sign(event, new Date(Date.now() + 310_000))],
  ['for another provider', sign({ ...event, provider: 'birch' })],
  ['carried under another id', sign(event, new Date(), secret, 'evt_2')],
  ['without a reference', sign({ ...event, reference: undefined })],
  ['not JSON', sign('hello')],
  ['empty', sign('')],
  ['changed on the way', { ...sign(event), body: Buffer.from(JSON.stringify({ ...event, reference: 'x' })) }],
  ['unsigned', { ...sign(event), headers: {} }],
])('an event %s is not ours', (_, { body, headers }) => {
  expect(read(body, headers)).toBeNull();
}); // prettier-ignore
