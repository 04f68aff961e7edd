/** Adyen's settlement details, read by header as an importer would. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestSandbox } from '../testing/client.ts';
import type { TestSandbox } from '../testing/client.ts';
import { fieldsOf, list, text } from '../testing/settlement.ts';
import { merchantAccount } from './present.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.close());

async function call(path: string, body: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${sandbox.url}/adyen/v72/${path}`, {
    method: 'POST',
    headers: { 'x-api-key': 'key', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ merchantAccount, ...body }),
  });
  expect(response.ok).toBe(true);
  return String(((await response.json()) as Record<string, unknown>)['pspReference']);
}

function pay(reference: string, currency: string, value: number, manualCapture: string): Promise<string> {
  return call('payments', {
    amount: { value, currency },
    reference,
    returnUrl: 'https://shop.example/r',
    paymentMethod: { type: 'scheme', storedPaymentMethodId: 'tok_mastercard' },
    shopperReference: 'shopper_1',
    shopperInteraction: 'ContAuth',
    recurringProcessingModel: 'CardOnFile',
    additionalData: { manualCapture },
  });
} // prettier-ignore

type Row = ReadonlyMap<string, string>;

function readDetails(file: string): readonly Row[] {
  const [header = '', ...lines] = file.trimEnd().split('\n');
  const names = fieldsOf(header, ',');
  return lines.map((line) => {
    const fields = fieldsOf(line, ',');
    expect(fields).toHaveLength(names.length);
    return new Map(names.map((name, index) => [name, fields[index] ?? '']));
  });
}

function shown(row: Row, ...names: readonly string[]): readonly string[] {
  return names.map((name) => row.get(name) ?? `no ${name}`);
}

const side = ['Gross Debit (GC)', 'Gross Credit (GC)', 'Net Debit (NC)', 'Net Credit (NC)'];

test('a batch lists what it settles under both references, and the payout it comes to', async () => {
  const held = await pay('att_1', 'EUR', 5_000, 'true');
  const amount = { value: 4_000, currency: 'EUR' };
  const captured = await call(`payments/${held}/captures`, { reference: 'op_1', amount });
  const back = { value: 1_000, currency: 'EUR' };
  const refunded = await call(`payments/${held}/refunds`, { reference: 'op_2', amount: back });
  const sold = await pay('att_2', 'JPY', 700, 'false');
  await sandbox.advance(86_400);
  const reports = await list(sandbox, '/adyen/settlement_reports');
  const path = `/adyen/settlement_reports/${String(reports[0]?.id)}`;
  const rows = readDetails(await text(sandbox, path));
  const columns = ['Type', 'Psp Reference', 'Merchant Reference', 'Modification Reference'];
  const more = ['Modification Merchant Reference', ...side, 'Commission (NC)', 'Net Currency'];
  // 0.6 % and 0.11 of a capture, 0.11 of a refund; a yen has no hundredths.
  expect(rows.map((row) => shown(row, ...columns, ...more))).toEqual([
    ['Settled', held, 'att_1', captured, 'op_1', '', '40.00', '', '39.65', '0.35', 'EUR'],
    ['Refunded', held, 'att_1', refunded, 'op_2', '10.00', '', '10.11', '', '0.11', 'EUR'],
    ['Settled', sold, 'att_2', sold, 'att_2', '', '700', '', '696', '4', 'JPY'],
    ['MerchantPayout', '', '', expect.stringMatching(/^po_adyen_.*_EUR$/), '', '', '', '29.54', '', '', 'EUR'],
    ['MerchantPayout', '', '', expect.stringMatching(/^po_adyen_.*_JPY$/), '', '', '', '696', '', '', 'JPY'],
  ]); // prettier-ignore
  for (const row of rows) {
    expect(shown(row, 'Merchant Account', 'Batch Number')).toEqual([merchantAccount, '1']);
    expect(row.get('TimeZone')).toMatch(/^CES?T$/);
    expect(row.get('Creation Date')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  }
  expect(shown(rows[0] ?? new Map(), 'Payment Method')).toEqual(['mc']);
});

test('what Adyen pays is on the bank account a day later', async () => {
  await sandbox.advance(86_400);
  const [statement] = await list(sandbox, '/bank_account/statements');
  const path = `/bank_account/statements/${String(statement?.id)}?format=csv`;
  const rows = (await text(sandbox, path)).split('\n').map((line) => fieldsOf(line, ','));
  const entries = rows.filter(([record]) => record === 'entry');
  expect(entries.map((fields) => [fields[2], fields[4], fields[8]])).toEqual([
    ['EUR', '29.54', 'adyen'],
    ['JPY', '696', 'adyen'],
  ]);
});
