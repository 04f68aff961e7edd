import { createHmac } from 'node:crypto';
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
    toldAt: Date.parse(event.created_at),
  });
});

test.each([secret, otherSecret])('while one secret replaces another, %s will do', (key) => {
  const either = createWebhookReader('alder', `${secret},${otherSecret}`);
  const { body, headers } = sign(event, new Date(), key);
  expect(either(body, headers)?.reference).toBe('att_1');
});

test.each(['', 'whsec_', 'whsec_!', ',whsec_?'])(
  'a secret that is none ("%s") lets nobody sign',
  (none) => {
    const { body, headers } = sign(event);
    const text = `${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.`;
    const mac = createHmac('sha256', Buffer.alloc(0)).update(text).update(body).digest('base64');
    const forged = { ...headers, 'webhook-signature': `v1,${mac}` };
    expect(createWebhookReader('alder', none)(body, forged)).toBeNull();
  },
);

const authorization = {
  ...{ id: 'alder_1', object: 'authorization', reference: 'att_1', status: 'authorized' },
  ...{ captured: false, amount: 1_000, currency: 'EUR' },
};
test.each<[string, object, object | undefined]>([
  ['an authorization', authorization, { kind: 'authorize', outcome: { kind: 'approved', amountMinor: 1_000n } }],
  ['a capture refused', { id: 'c_1', object: 'capture', reference: 'att_1', status: 'declined', decline_code: 'late_failure' },
    { kind: 'capture', outcome: { kind: 'declined', decline: { code: 'late_failure' } } }],
  ['another object than it names', { ...authorization, reference: 'att_2' }, undefined],
  ['something we have no word for', { ...authorization, object: 'dispute' }, undefined],
  ['a state we have no word for', { ...authorization, status: 'halfway' }, undefined],
])('what it shows of %s is claimed, or nothing is', (_, data, claim) => {
  const { body, headers } = sign({ ...event, data });
  const told = read(body, headers);
  expect(told?.reference).toBe('att_1');
  if (claim === undefined) expect(told?.claim).toBeUndefined();
  else expect(told?.claim).toMatchObject(claim);
}); // prettier-ignore

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
