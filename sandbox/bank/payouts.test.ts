/** Money our client sends: booked once where it moved, and on the statement of its account. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { atBank, payAtBank } from '../testing/bank.ts';
import { newReference, startTestSandbox, type TestSandbox } from '../testing/client.ts';

const day = 86_400;
let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox({});
});
afterAll(() => sandbox.close());

async function send(
  account: string,
  changes: object = {},
): Promise<{ status: number; reference: string }> {
  const order = { reference: newReference(), amount: 900, currency: 'EUR', account, ...changes };
  const key = `key_${order.reference}`;
  const { status } = await sandbox.call('POST', '/bank/payouts', order, key);
  return { status, reference: order.reference };
}

const booked = async (reference: string): Promise<string[]> =>
  (await sandbox.books('bank'))
    .filter((row) => row.reference === reference)
    .map(({ operation, amount }) => `${operation} ${String(amount)}`);

test('an account that is not there, a currency twice, or an amount of nothing is no payout', async () => {
  expect((await send('ba_nobody')).status).toBe(402);
  expect((await send('ba_payout', { amount: 0 })).status).toBe(400);
  const { reference } = await send('ba_payout');
  expect((await send('ba_payout', { reference, amount: 901 })).status).toBe(409);
});

test('faults: refused and sent all the same, taken and refused later', async () => {
  await sandbox.setFaults([{ operation: 'payout', fault: 'late_success', rate: 1 }]);
  const late = await send('ba_payout');
  await sandbox.setFaults([{ operation: 'payout', fault: 'late_failure', rate: 1 }]);
  const failed = await send('ba_payout');
  await sandbox.setFaults([]);
  expect([late.status, failed.status]).toEqual([402, 200]);
  await sandbox.advance(2 * day);
  expect([await booked(late.reference), await booked(failed.reference)]).toEqual([
    ['payout 900'],
    [],
  ]);
  expect(await atBank(sandbox, late.reference, 'payout')).toMatchObject({ status: 'succeeded' });
  expect(await atBank(sandbox, failed.reference, 'payout')).toMatchObject({ status: 'declined' });
});

test('what is sent and what comes back is on the statements, which go on from each other', async () => {
  const { reference: paid } = await payAtBank(sandbox, {
    ...{ method: 'bank_debit', token: 'tok_debit_mandated', amount: 50_000 },
  });
  await sandbox.advance(4 * day);
  expect(await booked(paid)).toEqual(['capture 50000']);
  const { reference } = await send('ba_payout_returned');
  await sandbox.advance(8 * day);
  const { body } = await sandbox.call('GET', '/bank_account/statements');
  const seen: [string, bigint][] = [];
  let balance = 0n;
  let isFirst = true;
  const minor = (text: string): bigint => BigInt(text.replace('.', ''));
  for (const { id } of body['data'] as { id: string }[]) {
    const response = await fetch(`${sandbox.url}/bank_account/statements/${id}?format=csv`);
    for (const line of (await response.text()).trim().split('\n')) {
      const [record, , currency, , amount = '', at = '', , endToEnd = ''] = line.split(',');
      if (currency !== 'EUR') continue;
      if (record === 'entry') balance += minor(amount);
      if (record === 'entry' && endToEnd === reference) seen.push([id, minor(amount)]);
      if (record === 'closing') expect(minor(at)).toBe(balance);
      if (record === 'opening' && isFirst) balance = minor(at);
      if (record === 'opening') expect(minor(at)).toBe(balance);
      isFirst = false;
    }
  }
  expect(seen.map(([, amount]) => amount)).toEqual([-900n, 900n]);
  expect(seen[0]?.[0]).not.toBe(seen[1]?.[0]);
});
