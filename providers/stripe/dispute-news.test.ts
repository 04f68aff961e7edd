/** Stripe's disputes: every status by table, and what the front sends, read by the adapter. */
import { expect, test } from '@jest/globals';
import { eventually, startTestSandbox } from '../../sandbox/testing/client.ts';
import { startReceiver } from '../../sandbox/testing/receiver.ts';
import { anAuthorization, assertApproved } from '../conformance/harness.ts';
import { readStripeDispute } from './dispute-news.ts';
import { createStripeProvider } from './provider.ts';

const taken = { amount: -1_000, fee: 1_500, net: -2_500 };
const returned = { amount: 1_000, fee: -1_500, net: 2_500 };
const aDispute = (values: object = {}): object => ({
  ...{ id: 'du_1', object: 'dispute', amount: 1_000, currency: 'eur', created: 1_800_000_000 },
  ...{
    balance_transactions: [taken],
    evidence: {},
    payment_intent: 'pi_1',
    reason: 'fraudulent',
  },
  ...{ evidence_details: { due_by: 1_800_600_000 }, status: 'needs_response', ...values },
});
const read = (values: object = {}, type = 'charge.dispute.updated') =>
  readStripeDispute(type, aDispute(values));

test.each([
  ['warning_needs_response', null],
  ['warning_under_review', null],
  ['warning_closed', null],
  ['prevented', null],
  ['needs_response', 'opened'],
  ['under_review', 'opened'],
  ['appeal_needs_response', null],
  ['appeal_under_review', 'opened'],
  ['won', 'won'],
  ['lost', 'lost'],
  ['a_word_of_next_year', null],
  ['toString', null],
])('%s says %s', (status, what) => {
  expect(read({ status })?.dispute.what ?? null).toBe(what);
});

test.each(['created', 'updated', 'closed', 'funds_withdrawn', 'funds_reinstated'])('%s is read', (name) => {
  expect(read({}, `charge.dispute.${name}`)).toEqual({
    reference: 'pi_1',
    dispute: {
      ...{ what: 'opened', round: 1, providerReference: 'du_1', amountMinor: 1_000n, currency: 'EUR' },
      ...{ feeMinor: 1_500n, feeReturned: false, reason: 'fraudulent' },
      dueBy: new Date(1_800_600_000_000).toISOString(),
    },
  });
}); // prettier-ignore

test.each<[string, object, object | null]>([
  ['won with its fee', { status: 'won', balance_transactions: [taken, returned] }, { feeReturned: true, feeMinor: 1_500n }],
  ['won without it', { status: 'won', balance_transactions: [taken, { ...returned, fee: 0 }] }, { feeReturned: false }],
  ['an appeal that was won', { status: 'won', evidence: { appeal: { card: {} } } }, { what: 'won', round: 2 }],
  ['no answer allowed', { evidence_details: { due_by: 0 } }, { dueBy: new Date(1_800_000_000_000).toISOString() }],
  ['króna in its hundredths', { currency: 'isk', amount: 500_000, balance_transactions: [] }, { amountMinor: 5_000n, feeMinor: 0n }],
  ['half a króna', { currency: 'isk', amount: 50 }, null],
  ['one that is no dispute of ours to read', { amount: '10' }, null],
  ['a charge without an intent', { payment_intent: null }, null],
])('%s', (_, values, news) => {
  const told = read(values)?.dispute ?? null;
  if (news === null) expect(told).toBeNull();
  else expect(told).toMatchObject(news);
}); // prettier-ignore

test('what the front sends of a dispute is read as it is', async () => {
  const receiver = await startReceiver();
  const webhookSecret = `whsec_${Buffer.from('a secret of the front').toString('base64')}`;
  const sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret });
  try {
    const options = { secretKey: 'sk_test_x', webhookSecrets: [webhookSecret] };
    const provider = createStripeProvider({ ...options, url: `${sandbox.url}/stripe` });
    const request = { ...anAuthorization('tok_visa'), capture: true };
    const outcome = await provider.authorize(request);
    assertApproved(outcome);
    const opened = await sandbox.call('POST', '/stripe/disputes', { reference: request.reference });
    expect(opened.status).toBe(201);
    const act = (action: string): Promise<unknown> =>
      sandbox.call('POST', `/stripe/disputes/${String(opened.body['id'])}/${action}`);
    await act('lose');
    await act('reopen');
    await act('win');
    const told = await eventually(
      () => receiver.received.flatMap(({ raw, headers }) => {
        const signature = String(headers['stripe-signature']);
        const event = provider.readWebhook(raw, { 'stripe-signature': signature });
        return event?.dispute === undefined ? [] : [event];
      }),
      (all) => all.length >= 6,
    );
    // By the network they come in any order.
    const facts = told.map(({ type, dispute }) => `${type} ${String(dispute?.what)} ${String(dispute?.round)}`);
    expect(facts.sort()).toEqual([
      'charge.dispute.closed lost 1', 'charge.dispute.closed won 2', 'charge.dispute.created opened 1',
      'charge.dispute.funds_reinstated won 2', 'charge.dispute.funds_withdrawn opened 1', 'charge.dispute.updated opened 2',
    ]);
    expect(new Set(told.map(({ reference }) => reference))).toEqual(new Set([outcome.providerReference]));
    expect(told[0]?.dispute).toMatchObject({ amountMinor: request.amountMinor, feeMinor: 1_500n });
  } finally {
    await Promise.all([sandbox.close(), receiver.close()]);
  }
}); // prettier-ignore
