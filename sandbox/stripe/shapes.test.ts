/**
 * The front's shapes against Stripe's public OpenAPI, through what the official SDK generates from it
 * (`node_modules/stripe/OPENAPI_VERSION` names the version): no field is invented, none has another type,
 * no word is used that the API does not have.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import ts from 'typescript';
import { startTestSandbox } from '../testing/client.ts';
import type { TestSandbox } from '../testing/client.ts';

const resources = join(import.meta.dirname, '../../node_modules/stripe/esm/resources');

/** The interface's fields with their types, as the SDK declares them. */
function fieldsOf(file: string, name: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(resources, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = source.statements.filter(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name,
  );
  const members = found.flatMap((node) => [...node.members]).filter(ts.isPropertySignature);
  return new Map(members.map((m) => [m.name.getText(source), m.type?.getText(source) ?? '']));
} // prettier-ignore

function wordsOf(file: string, type: string): string {
  return new RegExp(`type ${type} = ([^;]+);`).exec(readFileSync(join(resources, file), 'utf8'))?.[1] ?? '';
} // prettier-ignore

function misfits(object: Record<string, unknown>, fields: ReadonlyMap<string, string>): string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const type = fields.get(name);
    if (type === undefined) return [`${name} is invented`];
    if (value === null) return type.includes('null') ? [] : [`${name} is never null`];
    const primitive = /^(string|number|boolean)( \| null)?$/.exec(type)?.[1];
    return primitive === undefined || typeof value === primitive ? [] : [`${name} is a ${type}`];
  });
}

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.close());

type Body = Record<string, unknown>;

async function call(method: string, path: string, form?: Record<string, string>): Promise<Body> {
  const response = await fetch(`${sandbox.url}/stripe/v1/${path}`, {
    method,
    headers: { authorization: 'Bearer sk_test_x', 'idempotency-key': crypto.randomUUID() },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });
  return (await response.json()) as Body;
}

const order = {
  amount: '1000', currency: 'eur', confirm: 'true', capture_method: 'manual',
  'metadata[tender_reference]': 'att_shapes',
}; // prettier-ignore

test('an intent has the fields of one, in each of its states', async () => {
  const fields = fieldsOf('PaymentIntents.d.ts', 'PaymentIntent');
  const statuses = wordsOf('PaymentIntents.d.ts', 'Status');
  const held = await call('POST', 'payment_intents', { ...order, payment_method: 'tok_visa' });
  const asked = await call('POST', 'payment_intents', { ...order, payment_method: 'tok_3ds' });
  const id = String(held['id']);
  const done = await call('POST', `payment_intents/${id}/capture`, { amount_to_capture: '400' });
  const read = await call('GET', `payment_intents/${id}`);
  const canceled = await call('POST', `payment_intents/${String(asked['id'])}/cancel`, {});
  const declined = await call('POST', 'payment_intents', {
    ...order,
    payment_method: 'tok_declined_do_not_honor',
  });
  const { payment_intent: refused } = declined['error'] as { payment_intent: Body };
  const all = [held, asked, done, read, canceled, refused];
  expect(all.flatMap((intent) => misfits(intent, fields))).toEqual([]);
  for (const { status } of all) expect(statuses).toContain(`'${String(status)}'`);
  expect(all.map(({ status }) => status)).toEqual([
    'requires_capture', 'requires_action', 'succeeded', 'succeeded', 'canceled', 'requires_payment_method',
  ]); // prettier-ignore
  expect(fields.size).toBeGreaterThan(30);
});

test('a refund has the fields of one', async () => {
  const fields = fieldsOf('Refunds.d.ts', 'Refund');
  const sale = { ...order, capture_method: 'automatic', payment_method: 'tok_visa' };
  const { id } = await call('POST', 'payment_intents', sale);
  const refund = await call('POST', 'refunds', { payment_intent: String(id), amount: '300' });
  expect(misfits(refund, fields)).toEqual([]);
  expect(refund).toMatchObject({ object: 'refund', status: 'succeeded', amount: 300 });
  expect(fields.size).toBeGreaterThan(10);
});

test('a payout and what it is made of have the fields of theirs, and come to nothing together', async () => {
  const held = await call('POST', 'payment_intents', { ...order, payment_method: 'tok_visa' });
  const id = String(held['id']);
  await call('POST', `payment_intents/${id}/capture`, { amount_to_capture: '400' });
  await call('POST', 'refunds', { payment_intent: id, amount: '150' });
  await sandbox.advance(86_400);
  const { data: payouts } = (await call('GET', 'payouts')) as { data: readonly Body[] };
  const [payout = {}] = payouts;
  expect(misfits(payout, fieldsOf('Payouts.d.ts', 'Payout'))).toEqual([]);
  expect(await call('GET', `payouts/${String(payout['id'])}`)).toEqual(payout);
  const path = `balance_transactions?payout=${String(payout['id'])}&expand[]=data.source`;
  const seen: Body[] = [];
  for (let more = true; more;) {
    const after = seen.length === 0 ? '' : `&starting_after=${String(seen.at(-1)?.['id'])}`;
    const page = (await call('GET', `${path}&limit=2${after}`)) as {
      data: Body[];
      has_more: boolean;
    };
    seen.push(...page.data);
    more = page.has_more;
  }
  const fields = fieldsOf('BalanceTransactions.d.ts', 'BalanceTransaction');
  expect(seen.flatMap((one) => misfits(one, fields))).toEqual([]);
  const types = wordsOf('BalanceTransactions.d.ts', 'Type');
  for (const { type } of seen) expect(types).toContain(`'${String(type)}'`);
  expect(fields.size).toBeGreaterThan(10);
  expect(seen.reduce((sum, { net }) => sum + Number(net), 0)).toBe(0);
  const ofIntent = seen.filter(({ source }) => (source as Body)['payment_intent'] === id);
  expect(ofIntent.map((one) => [one['reporting_category'], one['amount'], one['fee']])).toEqual([
    ['refund', -150, 0],
    ['partial_capture_reversal', -600, 0],
    // 1.5 % and 0.25 of what was captured.
    ['charge', 1_000, 31],
  ]);
  const { error } = await call('GET', 'balance_transactions?payout=po_unknown');
  expect(error).toMatchObject({ code: 'resource_missing', param: 'payout' });
});
