/** Adyen's disputes: every event by table, and what the front sends, read by the adapter. */
import { expect, test } from '@jest/globals';
import { hmacKeyOf } from '../../sandbox/adyen/event.ts';
import { merchantAccount } from '../../sandbox/adyen/present.ts';
import { eventually, startTestSandbox } from '../../sandbox/testing/client.ts';
import { startReceiver } from '../../sandbox/testing/receiver.ts';
import { anAuthorization, anOperation, assertApproved } from '../conformance/harness.ts';
import { readAdyenDispute } from './dispute-news.ts';
import type { NotificationItem } from './notification.ts';
import { createAdyenProvider } from './provider.ts';

const item: NotificationItem = {
  ...{ eventCode: 'CHARGEBACK', success: 'true', pspReference: 'D1', originalReference: 'PSP1' },
  ...{ merchantAccountCode: 'Shop', merchantReference: 'att_1', reason: 'Fraud' },
  amount: { value: 1_000, currency: 'EUR' },
  eventDate: '2026-11-22T10:00:00+01:00',
  additionalData: { defensePeriodEndsAt: '2026-12-20T00:00:00+01:00' },
};

test.each([
  ['REQUEST_FOR_INFORMATION', null],
  ['NOTIFICATION_OF_CHARGEBACK', { what: 'opened', round: 1 }],
  ['CHARGEBACK', { what: 'opened', round: 1 }],
  ['CHARGEBACK_REVERSED', { what: 'won', round: 1 }],
  ['SECOND_CHARGEBACK', { what: 'lost', round: 2 }],
  ['PREARBITRATION_WON', { what: 'won', round: 3 }],
  ['PREARBITRATION_LOST', { what: 'lost', round: 3 }],
  ['DISPUTE_DEFENSE_PERIOD_ENDED', null],
  ['constructor', null],
])('%s', (eventCode, said) => {
  const news = readAdyenDispute({ ...item, eventCode });
  if (said === null) expect(news).toBeNull();
  else {
    expect(news).toEqual({
      ...{ ...said, providerReference: 'D1', amountMinor: 1_000n, currency: 'EUR' },
      ...{ feeMinor: 0n, feeReturned: false, reason: 'Fraud', dueBy: '2026-12-19T23:00:00.000Z' },
    });
  }
});

test.each<[string, Partial<NotificationItem>, object | null]>([
  ['without its last day', { additionalData: {} }, { dueBy: '2026-11-22T09:00:00.000Z' }],
  ['with a last day that is none', { additionalData: { defensePeriodEndsAt: 'soon' } }, { dueBy: '2026-11-22T09:00:00.000Z' }],
  ['without any day', { additionalData: {}, eventDate: null }, null],
  ['that did not happen', { success: 'false' }, null],
  ['of nothing', { amount: { value: 0, currency: 'EUR' } }, null],
  ['without a reason', { reason: null }, { reason: 'unknown' }],
])('one %s', (_, values, news) => {
  const told = readAdyenDispute({ ...item, ...values });
  if (news === null) expect(told).toBeNull();
  else expect(told).toMatchObject(news);
}); // prettier-ignore

test('what the front sends of a dispute is read as it is, round by round', async () => {
  const receiver = await startReceiver();
  const webhookSecret = `whsec_${Buffer.from('a secret of the front').toString('base64')}`;
  const sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret });
  try {
    const provider = createAdyenProvider({
      ...{ apiKey: 'x', merchantAccount, hmacKeys: [hmacKeyOf(webhookSecret)] },
      ...{ mode: 'test', livePrefix: undefined, url: `${sandbox.url}/adyen` },
    });
    const request = anAuthorization('shopper_1/tok_visa');
    const outcome = await provider.authorize(request);
    assertApproved(outcome);
    await provider.capture?.(anOperation({ request, outcome }, request.amountMinor, true));
    const opened = await sandbox.call('POST', '/adyen/disputes', { reference: request.reference });
    expect(opened.status).toBe(201);
    const act = (action: string): Promise<unknown> =>
      sandbox.call('POST', `/adyen/disputes/${String(opened.body['id'])}/${action}`);
    for (const action of ['win', 'reopen', 'lose']) await act(action);
    const told = await eventually(
      () => receiver.received.flatMap(({ raw, headers }) => {
        const event = provider.readWebhook(raw, headers as Record<string, string>);
        return event?.dispute === undefined ? [] : [event];
      }),
      (all) => all.length >= 5,
    );
    expect(told.map(({ type }) => type).sort()).toEqual([
      'CHARGEBACK', 'CHARGEBACK_REVERSED', 'NOTIFICATION_OF_CHARGEBACK', 'PREARBITRATION_LOST', 'SECOND_CHARGEBACK',
    ]);
    const one = { reference: request.reference, dispute: { amountMinor: request.amountMinor, providerReference: opened.body['id'] } };
    expect(told).toMatchObject(told.map(() => one));
  } finally {
    await Promise.all([sandbox.close(), receiver.close()]);
  }
}); // prettier-ignore
