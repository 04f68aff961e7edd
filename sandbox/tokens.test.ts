/** Card numbers come in here and go nowhere. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anAuthorization, newDataPath, newReference, startTestSandbox } from './testing/client.ts';
import type { TestSandbox } from './testing/client.ts';

const dataPath = newDataPath();
const card = { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '123' };
let sandbox: TestSandbox;

beforeAll(async () => {
  sandbox = await startTestSandbox({ dataPath });
});

afterAll(async () => {
  await sandbox.close();
});

test('a card becomes a token that any of the providers takes', async () => {
  const { status, body, headers } = await sandbox.call('POST', '/tokens', card);
  expect(status).toBe(200);
  expect(body).toEqual({ token: body['token'], brand: 'visa', last4: '4242' });
  expect(body['token']).toMatch(/^tok_[0-9a-f]{24}$/);
  expect(headers.get('access-control-allow-origin')).toBe('*');
  for (const provider of ['alder', 'birch', 'cedar']) {
    const order = anAuthorization({ token: body['token'] });
    const paid = await sandbox.call('POST', `/${provider}/authorizations`, order, newReference());
    expect(paid.status).toBe(200);
  }
  expect((await sandbox.call('GET', `/tokens/${String(body['token'])}`)).body).toEqual(body);
});

test('a browser may ask first', async () => {
  const { status, headers } = await sandbox.call('OPTIONS', '/tokens');
  expect(status).toBe(204);
  expect(headers.get('access-control-allow-methods')).toContain('POST');
  expect(headers.get('access-control-allow-headers')).toBe('content-type');
});

test.each([
  ['a digit off', { number: '4242424242424241' }],
  ['letters', { number: 'four two four two' }],
  ['no month', { exp_month: 13 }],
  ['a card of the past', { exp_year: 2020 }],
  ['no cvc', { cvc: '' }],
])('%s is refused, without repeating it', async (_, changes) => {
  const { status, body } = await sandbox.call('POST', '/tokens', { ...card, ...changes });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).not.toContain('42424242');
});

test('numbers and expiry may be text or digits, with spaces', async () => {
  const loose = { number: '5555 5555 5555 4444', exp_month: '01', exp_year: '34', cvc: 123 };
  expect((await sandbox.call('POST', '/tokens', loose)).body).toMatchObject({ last4: '4444' });
});

test.each([
  ['4000000000009995', 'insufficient_funds'],
  ['4000000000000002', 'do_not_honor'],
])('the card %s is declined: %s', async (number, code) => {
  const { body } = await sandbox.call('POST', '/tokens', { ...card, number });
  const order = anAuthorization({ token: body['token'] });
  const answer = await sandbox.call('POST', '/alder/authorizations', order, newReference());
  expect(answer.body['error']).toMatchObject({ type: 'decline', code });
});

test('a token never issued is declined', async () => {
  for (const token of ['tok_nobody', 'constructor', '4242424242424242']) {
    const order = anAuthorization({ token });
    const answer = await sandbox.call('POST', '/alder/authorizations', order, newReference());
    expect(answer.body['error']).toMatchObject({ code: 'invalid_token' });
  }
});

test('no file of the sandbox ever holds a card number', async () => {
  for (const number of ['4242 4242 4242 4242', '4000000000009995', '378282246310005']) {
    await sandbox.call('POST', '/tokens', { ...card, number });
  }
  const folder = dirname(dataPath);
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  expect(files.length).toBeGreaterThan(1);
  const digits = files.join('\n').replaceAll(/(?<=\d)[ -](?=\d)/g, '');
  expect(digits).toContain('4242');
  for (const number of ['4242424242424242', '4000000000009995', '378282246310005']) {
    expect(digits).not.toContain(number);
  }
});
