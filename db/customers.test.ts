/** Saved methods in the database: whose they are, when they are kept, and that they stay as they are. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import { insertCustomer, insertMethod } from './customers.ts';
import { asMerchant } from './payments.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

async function aSavedMethod(merchantId: string): Promise<{ customerId: string; id: string }> {
  return asMerchant(on.api, merchantId, async (trx) => {
    const { id: customerId } = await insertCustomer(trx, merchantId, { metadata: {} });
    const token = { type: 'card', token: 'tok_visa' } as const;
    const saved = await insertMethod(trx, merchantId, customerId, token);
    return { customerId, id: saved?.id ?? '' };
  });
}

describe('a saved payment method', () => {
  test('is rewritten by nobody, and stays detached', async () => {
    const { id } = await aSavedMethod(await on.newMerchant());
    const change = (assignment: string): Promise<unknown> =>
      on.rows.all(`update payment_methods set ${assignment} where id = $1`, [id]);
    await expect(change(`method = '{"type":"card","token":"tok_other"}'`)).rejects.toMatchObject({
      code: 'TD002',
    });
    await change('detached_at = now()');
    await expect(change('detached_at = null')).rejects.toMatchObject({ code: 'TD002' });
  });

  test('is seen by its own merchant only, and belongs to a customer of that merchant', async () => {
    const [mine, rival] = [await on.newMerchant(), await on.newMerchant()];
    const { id, customerId } = await aSavedMethod(mine);
    const seen = await asMerchant(on.api, rival, (trx) =>
      insertMethod(trx, rival, customerId, { type: 'card', token: 'tok_visa' }),
    );
    expect(seen).toBeNull();
    await expect(
      on.rows.all(
        `insert into payment_methods (merchant_id, customer_id, method) values ($1, $2, '{"type":"card","token":"t"}')`,
        [rival, customerId],
      ),
    ).rejects.toMatchObject({ constraint: 'payment_methods_of_customer' });
    expect(id).toMatch(/^pm_/);
  });
});
