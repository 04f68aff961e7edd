/** Who sits there: taken, told to risk, and told to nobody else. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFeatures } from '../../db/risk-features.ts';
import { aKey, startApprovalsApi, type ApprovalsApi } from '../../test/support/approvals-api.ts';
import type { ApiResponse } from '../../test/support/api.ts';

let given: ApprovalsApi;
beforeAll(async () => {
  given = await startApprovalsApi();
});
afterAll(() => given.close());

const body = {
  ...{ amount: 2_599, currency: 'EUR', capture_method: 'automatic' },
  payment_method: { type: 'card', token: 'tok_visa', bin: '42424242', fingerprint: 'fp_1' },
};
const create = (changes: object): Promise<ApiResponse> =>
  given.api.post('/v1/payments', { ...body, ...changes }, { ...aKey(), prefer: 'wait=0' });

test('address, device, BIN and fingerprint reach the features and no answer', async () => {
  const shopper = { ip: '192.0.2.55', device_id: 'browser-4711' };
  const { status, text, body: payment } = await create({ shopper });
  expect(status).toBe(202);
  const id = String(payment['id']);
  const answers = [text, (await given.api.call(`/v1/payments/${id}`)).text];
  for (const raw of ['192.0.2.55', 'browser-4711', 'fp_1', 'device_id', 'fingerprint'])
    expect(answers.join()).not.toContain(raw);
  const { facts } = await readFeatures(given.on.worker, id);
  const { ip, device, card, email } = facts;
  expect(facts).toMatchObject({ bin: '42424242', amount: 2_599, merchant: given.merchantId });
  expect([ip, device, card].every(Number.isSafeInteger)).toBe(true);
  expect(email).toBeNull();
  const without = await create({});
  const { facts: bare } = await readFeatures(given.on.worker, String(without.body['id']));
  expect(bare).toMatchObject({ card, ip: null, device: null });
});

describe('is refused', () => {
  test.each([
    ['an address with too many parts', { shopper: { ip: '192.0.2.1.1' } }, '/shopper/ip'],
    ['a name for an address', { shopper: { ip: 'localhost' } }, '/shopper/ip'],
    ['an address of a network', { shopper: { ip: '192.0.2.0/24' } }, '/shopper/ip'],
    ['an address with its interface', { shopper: { ip: 'fe80::1%eth0' } }, '/shopper/ip'],
    [
      'a device that is too long',
      { shopper: { device_id: 'x'.repeat(201) } },
      '/shopper/device_id',
    ],
    ['another field', { shopper: { agent: 'x' } }, '/shopper/agent'],
    [
      'a short BIN',
      { payment_method: { ...body.payment_method, bin: '42424' } },
      '/payment_method/bin',
    ],
    [
      'more of the card',
      { payment_method: { ...body.payment_method, bin: '424242424' } },
      '/payment_method/bin',
    ],
  ])('%s', async (_, changes, pointer) => {
    const { status, body: problem } = await create(changes);
    expect(status).toBe(400);
    expect(problem['errors']).toMatchObject([{ pointer }]);
  });

  test.each(['2001:db8::1', '::ffff:192.0.2.1', '::', '0.0.0.0'])('but not %s', async (ip) => {
    expect((await create({ shopper: { ip } })).status).toBe(202);
  });
});
