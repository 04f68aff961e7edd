/** The worked day of docs/reconciliation.md, on a stack of its own since its clock is moved. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { readExamples } from './examples/parse.ts';
import { runExamples } from './examples/run.ts';

jest.setTimeout(120_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack.stop();
});

test('every answer of the worked day is the one given', async () => {
  const examples = readExamples(readFileSync('docs/reconciliation.md', 'utf8'));
  expect(examples.length).toBeGreaterThan(10);
  const { apiUrl: url, merchants, staff, sandbox } = stack;
  const { id: merchant, apiKey: key } = merchants[0];
  const names = { ...staff, merchant, sandbox: sandbox.url };
  expect(await runExamples(examples, { url, key, names })).toEqual([]);
});
