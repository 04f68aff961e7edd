import { expect, test } from '@jest/globals';
import { openPaymentDatabase } from '../test/support/payment-database.ts';
import { entityOfPayment, entityValue } from './risk-lists.ts';
test('same', async () => {
  const on = await openPaymentDatabase();
  const merchantId = await on.newMerchant();
  const payment = await on.captured({
    merchantId,
    customer: { email: 'Ada@Example.com' },
    options: { shopper: { ip: '2001:db8::1', device_id: 'dev-1' } },
    paymentMethod: { type: 'card', token: 'tok_visa', bin: '411111', country: 'FR' } as never,
  });
  const names = [
    ['card', 'tok_visa'],
    ['email', 'ada@example.com '],
    ['customer', 'ADA@example.com'],
    ['device', 'dev-1'],
    ['ip', '2001:DB8::ffff'],
    ['bin', '411111'],
    ['country', 'fr'],
    ['merchant', merchantId],
  ] as const;
  for (const [kind, written] of names) {
    const of = await entityOfPayment(on.worker, merchantId, kind, payment.id);
    expect([kind, of]).toEqual([kind, await entityValue(on.worker, merchantId, kind, written)]);
    expect(of).not.toBeNull();
  }
  await on.close();
});
