/**
 * The examples of the pages are true: each request is sent to a real stack (API, worker, PostgreSQL,
 * Temporal, sandbox), in the order of its page, and the answer compared with the one shown.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { byCard, paymentOf } from '../support/http.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { readExamples } from './examples/parse.ts';
import { differences } from './examples/placeholders.ts';
import { runExamples } from './examples/run.ts';

jest.setTimeout(60_000);

const pages = [
  'README.md',
  'docs/idempotency.md',
  'docs/payment-lifecycle.md',
  'docs/ledger.md',
  'docs/routing.md',
  'docs/approvals.md',
].map((path) => {
  const text = readFileSync(path, 'utf8');
  return { path, text, examples: readExamples(text) };
});

let stack: TestStack | undefined;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack?.stop();
});
const running = (): TestStack => {
  if (stack === undefined) throw new Error('the stack has not started');
  return stack;
};

test.concurrent.each(pages)('every answer in $path is the one given', async (page) => {
  const { examples } = page;
  expect(examples.length).toBeGreaterThan(0);
  const { apiUrl: url, merchants, limited, staff } = running();
  const { id: merchant, apiKey: key } = page.path === 'docs/approvals.md' ? limited : merchants[0];
  const names = { ...staff, merchant };
  expect(await runExamples(examples, { url, key, names })).toEqual([]);
});

const tokens = [
  ...(pages[0]?.text ?? '').matchAll(
    /^\| `(?<token>tok_\w+)` \| (?<status>\d{3}), `(?<payment>\w+)`/gm,
  ),
].map(({ groups = {} }) => groups);

test.concurrent('every token in README.md does what its row says', async () => {
  expect(tokens.length).toBe((pages[0]?.text.match(/^\| `tok_/gm) ?? []).length);
  const seen = await Promise.all(
    tokens.map(async ({ token = '' }) => {
      const reply = await running().api.post('/v1/payments', byCard(token));
      return { token, status: String(reply.status), payment: paymentOf(reply).status };
    }),
  );
  expect(seen).toEqual(tokens.map((groups) => ({ ...groups })));
});

describe('an example', () => {
  const shown = { id: '<it>', amount: 1, list: [{ a: 'x' }] };
  test('may leave fields out, and names what it cannot know', () => {
    const actual = { id: 'pay_1', amount: 1, list: [{ a: 'x', b: 2 }], more: null };
    const names = new Map<string, string>();
    expect(differences(shown, actual, names)).toEqual([]);
    expect(names.get('it')).toBe('pay_1');
  });

  test.each([
    ['another value', { id: 'pay_1', amount: 2, list: [{ a: 'x' }] }, '/amount'],
    ['a missing field', { id: 'pay_1', list: [{ a: 'x' }] }, '/amount'],
    ['a longer list', { id: 'pay_1', amount: 1, list: [{ a: 'x' }, {}] }, '/list'],
    ['another object under a name', { id: 'pay_2', amount: 1, list: [{ a: 'x' }] }, '/id'],
  ])('does not pass for %s', (_, actual, where) => {
    const found = differences(shown, actual, new Map([['it', 'pay_1']]));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${where}: `);
  });
});
