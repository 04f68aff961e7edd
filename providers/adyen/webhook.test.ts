import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import HmacValidator from '@adyen/api-library/lib/src/utils/hmacValidator.js';
import { hmacKeyOf } from '../../sandbox/adyen/event.ts';
import { merchantAccount } from '../../sandbox/adyen/present.ts';
import { eventually, startTestSandbox } from '../../sandbox/testing/client.ts';
import { startReceiver } from '../../sandbox/testing/receiver.ts';
import { anAuthorization, anOperation, assertApproved } from '../conformance/harness.ts';
import { createAdyenProvider } from './provider.ts';
import { createAdyenWebhookReader } from './webhook.ts';

const newKey = 'AB'.repeat(32);
const oldKey = '0f'.repeat(32);
const hmacKeys = [newKey, oldKey];
const read = createAdyenWebhookReader({ merchantAccount: 'Shop', hmacKeys, mode: 'test' });

const authorised = {
  additionalData: { cardSummary: '4444' },
  amount: { value: 1_000, currency: 'EUR' },
  eventCode: 'AUTHORISATION',
  eventDate: '2026-11-22T10:00:00+01:00',
  merchantAccountCode: 'Shop',
  merchantReference: 'att_1',
  paymentMethod: 'mc',
  pspReference: 'PSP1',
  reason: '',
  success: 'true',
};
type Item = typeof authorised & { originalReference?: string };

function textOf(item: Item): string {
  const { amount } = item;
  return [
    item.pspReference, item.originalReference ?? '', item.merchantAccountCode, item.merchantReference,
    amount.value, amount.currency, item.eventCode, item.success,
  ].join(':');
} // prettier-ignore

function sign(item: Item, key = newKey): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(textOf(item)).digest('base64');
}

function bodyOf(item: Item, hmacSignature: string | undefined, live = 'false'): Buffer {
  const signed = { ...item, additionalData: { ...item.additionalData, hmacSignature } };
  const notificationItems = [{ NotificationRequestItem: signed }];
  return Buffer.from(JSON.stringify({ live, notificationItems }));
}

const sent = (changes: Partial<Item> = {}): Buffer => {
  const item = { ...authorised, ...changes };
  return bodyOf(item, sign(item));
};

test.each(hmacKeys)('signed with %s it is read', (key) => {
  expect(read(bodyOf(authorised, sign(authorised, key)), {})).toEqual({
    eventId: 'AUTHORISATION/PSP1/true',
    type: 'AUTHORISATION',
    reference: 'att_1',
    toldAt: Date.parse('2026-11-22T09:00:00Z'),
    claim: {
      kind: 'authorize',
      outcome: {
        kind: 'approved',
        providerReference: 'PSP1',
        amountMinor: 1_000n,
        currency: 'EUR',
        captured: false,
        card: { brand: 'mastercard', last4: '4444' },
        evidence: {
          kind: 'webhook',
          provider: 'adyen',
          detail: 'AUTHORISATION true',
          providerReference: 'PSP1',
        },
      },
    },
  });
});

test.each(['', 'not hexadecimal', 'abc'])('a key that is none ("%s") lets nobody sign', (key) => {
  const careless = createAdyenWebhookReader({
    merchantAccount: 'Shop',
    hmacKeys: [key],
    mode: 'test',
  });
  expect(careless(bodyOf(authorised, sign(authorised, key)), {})).toBeNull();
});

test('the signature is the one that the SDK computes', () => {
  const theirs = new HmacValidator.default();
  expect(sign(authorised)).toBe(theirs.calculateHmac(textOf(authorised), newKey));
});

test.each<[string, Partial<Item>, string, string, string | undefined]>([
  ['a payment refused', { success: 'false', reason: 'Not enough balance' }, 'authorize', 'declined', 'insufficient_funds'],
  ['a payment refused for a reason of tomorrow', { success: 'false', reason: 'Moon phase' }, 'authorize', 'declined', 'declined'],
  ['a capture', { eventCode: 'CAPTURE' }, 'capture', 'approved', undefined],
  ['a capture of too much', { eventCode: 'CAPTURE', success: 'false', reason: 'Insufficient balance on payment' }, 'capture', 'declined', 'capture_exceeds_authorization'],
  ['a capture that could not be', { eventCode: 'CAPTURE', success: 'false', reason: 'no' }, 'capture', 'declined', 'declined'],
  ['a capture taken back', { eventCode: 'CAPTURE_FAILED' }, 'capture', 'declined', 'late_failure'],
  ['a cancel', { eventCode: 'CANCELLATION' }, 'void', 'approved', undefined],
  ['a cancel that could not be', { eventCode: 'CANCELLATION', success: 'false' }, 'void', 'declined', 'declined'],
  ['a cancel by our reference', { eventCode: 'TECHNICAL_CANCEL' }, 'void', 'approved', undefined],
  ['a refund', { eventCode: 'REFUND' }, 'refund', 'approved', undefined],
  ['a refund of too much', { eventCode: 'REFUND', success: 'false', reason: 'Insufficient balance on payment' }, 'refund', 'declined', 'refund_exceeds_captured'],
  ['a refund taken back', { eventCode: 'REFUND_FAILED' }, 'refund', 'declined', 'late_failure'],
  ['a refund come back', { eventCode: 'REFUNDED_REVERSED' }, 'refund', 'declined', 'late_failure'],
])('it tells of %s', (_, changes, kind, outcome, code) => {
  const event = read(sent({ originalReference: 'PSP0', ...changes }), {});
  expect(event?.claim).toMatchObject({ kind, outcome: { kind: outcome } });
  const told = event?.claim?.outcome;
  expect(told?.kind === 'declined' ? told.decline.code : undefined).toBe(code);
}); // prettier-ignore

test.each<[string, Partial<Item>, string]>([
  ['an event that is not about what we asked for', { eventCode: 'CHARGEBACK' }, 'att_1'],
  ['an event of tomorrow', { eventCode: 'constructor' }, 'att_1'],
  ['a failure that did not happen', { eventCode: 'CAPTURE_FAILED', success: 'false' }, 'att_1'],
  ['an amount that cannot be ours', { amount: { value: 550, currency: 'ISK' } }, 'att_1'],
  ['no reference', { merchantReference: '' }, 'PSP1'],
  ['a reference with a separator in it', { merchantReference: 'att_1:x' }, 'PSP1'],
])('%s is taken and claims nothing', (_, changes, reference) => {
  const event = read(sent(changes), {});
  expect(event?.reference).toBe(reference);
  expect(event?.claim).toBeUndefined();
});

const signature = sign(authorised);
const twice = { live: 'false', notificationItems: [1, 2].map(() => ({ NotificationRequestItem: { ...authorised, additionalData: { hmacSignature: signature } } })) }; // prettier-ignore
test.each<[string, Buffer]>([
  ['unsigned', bodyOf(authorised, undefined)],
  ['signed by somebody else', bodyOf(authorised, sign(authorised, 'CD'.repeat(32)))],
  ['of another amount', bodyOf({ ...authorised, amount: { value: 1, currency: 'EUR' } }, signature)],
  ['of another currency', bodyOf({ ...authorised, amount: { value: 1_000, currency: 'JPY' } }, signature)],
  ['of another payment', bodyOf({ ...authorised, merchantReference: 'att_2' }, signature)],
  ['of another PSP reference', bodyOf({ ...authorised, pspReference: 'PSP2' }, signature)],
  ['of another original', bodyOf({ ...authorised, originalReference: 'PSP2' }, signature)],
  ['of another event', bodyOf({ ...authorised, eventCode: 'CAPTURE' }, signature)],
  ['that says the opposite', bodyOf({ ...authorised, success: 'false' }, signature)],
  ['with fields pushed into each other', bodyOf({ ...authorised, pspReference: 'PSP1:', merchantAccountCode: '' }, signature)],
  ['with a signature spelt otherwise', bodyOf(authorised, signature.replace('=', ''))],
  ['of another account', sent({ merchantAccountCode: 'Other' })],
  ['of the other mode', bodyOf(authorised, signature, 'true')],
  ['of two, of which one would be lost', Buffer.from(JSON.stringify(twice))],
  ['cut short', sent().subarray(0, -1)],
  ['empty', Buffer.alloc(0)],
])('an event %s is not ours', (_, raw) => {
  expect(read(raw, {})).toBeNull();
}); // prettier-ignore

test('changed in any byte, cut or lengthened, it is refused or still says the same', () => {
  const raw = sent({ eventCode: 'CAPTURE', originalReference: 'PSP0' });
  const facts = (body: Buffer): unknown => {
    const event = read(body, {});
    if (event === null) return null;
    const { kind, outcome } = event.claim ?? {};
    const money = outcome?.kind === 'approved' ? [outcome.amountMinor, outcome.currency] : [];
    return [event.eventId, event.type, event.reference, kind, outcome?.kind, ...money];
  };
  const said = facts(raw);
  expect(said).not.toBeNull();
  const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 1e9);
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const counts = { refused: 0, same: 0 };
  for (let n = 0; n < 10_000; n += 1) {
    const at = below(raw.length);
    const other = Buffer.from([below(256)]);
    const mutated = [
      Buffer.concat([raw.subarray(0, at), other, raw.subarray(at + 1)]),
      Buffer.concat([raw.subarray(0, at), other, raw.subarray(at)]),
      Buffer.concat([raw.subarray(0, at), raw.subarray(at + 1)]),
      raw.subarray(0, at),
    ][below(4)];
    const now = facts(mutated ?? raw);
    if (now === null) counts.refused += 1;
    else counts.same += 1;
    if (now !== null) expect([`seed ${String(seed)}`, now]).toEqual([`seed ${String(seed)}`, said]);
  }
  // What is not signed (a reason, a date) may change; what is, never.
  expect(counts.refused).toBeGreaterThan(5_000);
});

test('a live installation takes live events only', () => {
  const live = createAdyenWebhookReader({ merchantAccount: 'Shop', hmacKeys, mode: 'live' });
  expect(live(bodyOf(authorised, signature, 'true'), {})?.reference).toBe('att_1');
  expect(live(bodyOf(authorised, signature, 'false'), {})).toBeNull();
});

test('what the front sends is signed as Adyen signs, and tells what the books hold', async () => {
  const receiver = await startReceiver();
  const webhookSecret = `whsec_${Buffer.from('a secret of the front').toString('base64')}`;
  const sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret });
  try {
    const provider = createAdyenProvider({
      apiKey: 'key',
      merchantAccount,
      hmacKeys: [hmacKeyOf(webhookSecret)],
      mode: 'test',
      livePrefix: undefined,
      url: `${sandbox.url}/adyen`,
    });
    await sandbox.setFaults([
      { provider: 'adyen', operation: 'capture', fault: 'late_failure', rate: 1 },
    ]);
    const request = anAuthorization('shopper/tok_mastercard');
    const outcome = await provider.authorize(request);
    assertApproved(outcome);
    const capture = anOperation({ request, outcome }, 400n, true);
    expect((await provider.capture?.(capture))?.kind).toBe('pending');
    await eventually(() => receiver.received.length, (count) => count >= 2);
    await sandbox.advance(6);
    await eventually(() => receiver.received.length, (count) => count >= 3);
    const told = receiver.received.map(({ raw }) => provider.readWebhook(raw, {}));
    expect(told.map((one) => [one?.type, one?.reference, one?.claim?.outcome.kind])).toEqual([
      ['AUTHORISATION', request.reference, 'approved'],
      ['CAPTURE', capture.reference, 'approved'],
      ['CAPTURE_FAILED', capture.reference, 'declined'],
    ]);
    expect(told[0]?.claim?.outcome).toMatchObject({ card: { brand: 'mastercard', last4: '4444' } });
    expect(told[1]?.claim?.outcome).toMatchObject({ amountMinor: 400n, captured: true });
  } finally {
    await Promise.all([sandbox.close(), receiver.close()]);
  }
}); // prettier-ignore

test('a settlement report that is out is named by account and number, wherever it says that it is', () => {
  const report = {
    ...{
      eventCode: 'REPORT_AVAILABLE',
      merchantReference: '',
      amount: { value: 0, currency: 'EUR' },
    },
    ...{
      pspReference: 'settlement_detail_report_batch_12.csv',
      reason: 'https://evil.example/x.csv',
    },
  };
  expect(read(sent(report), {})).toMatchObject({
    eventId: 'REPORT_AVAILABLE/settlement_detail_report_batch_12.csv/true',
    ...{ reference: 'batch/Shop/12', announcesReport: true },
  });
  expect(JSON.stringify(read(sent(report), {}))).not.toContain('evil');
  for (const other of [
    { success: 'false' },
    { eventCode: 'AUTHORISATION' },
    { pspReference: 'received_payments_report_2026_11_27.csv' },
    { pspReference: 'settlement_detail_report_batch_012.csv' },
    { pspReference: 'settlement_detail_report_batch_12.csv/../x' },
    { merchantReference: 'a:b' },
  ]) {
    expect(read(sent({ ...report, ...other }), {})).not.toHaveProperty('announcesReport');
  }
  expect(read(sent({ ...report, merchantAccountCode: 'Another' }), {})).toBeNull();
});
