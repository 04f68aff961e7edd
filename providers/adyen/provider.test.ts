/** The adapter against the sandbox's front: what the conformance suite does not ask. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { merchantAccount } from '../../sandbox/adyen/present.ts';
import { contractOf } from '../../sandbox/contracts.ts';
import { startTestSandbox } from '../../sandbox/testing/client.ts';
import type { TestSandbox } from '../../sandbox/testing/client.ts';
import type { Provider } from '../../domain/provider.ts';
import { anAuthorization, anOperation, assertApproved } from '../conformance/harness.ts';
import { loadAdyenClient } from './client.ts';
import { adyenContract } from './contract.ts';
import { createAdyenProvider } from './provider.ts';
import type { AdyenProviderOptions } from './provider.ts';

let sandbox: TestSandbox;
let adyen: Provider;

const options: Omit<AdyenProviderOptions, 'url'> = {
  apiKey: 'AQE-key',
  merchantAccount,
  hmacKeys: ['00'.repeat(32)],
  mode: 'test',
  livePrefix: undefined,
};
const token = 'shopper_1/tok_visa';

beforeAll(async () => {
  sandbox = await startTestSandbox();
  adyen = createAdyenProvider({ ...options, url: `${sandbox.url}/adyen` });
});
beforeEach(() => sandbox.setFaults([]));
afterAll(() => sandbox.close());

test('what we believe it promises is what the front promises', () => {
  expect(adyenContract).toEqual(contractOf('adyen'));
});

test('asked to be left alone for a while, it says for how long', async () => {
  await sandbox.setFaults([{ provider: 'adyen', fault: 'rate_limited', rate: 1 }]);
  const told = { kind: 'unknown', retryAfterMs: 1_000 };
  expect(await adyen.authorize(anAuthorization(token))).toMatchObject(told);
});

test.each([
  ['an amount Adyen cannot hold', { amountMinor: 1_250n, currency: 'IDR' }],
  ['a sale', { capture: true }],
  ['a token without its shopper', { token: 'tok_visa' }],
  ['a token without its card', { token: 'shopper_1/' }],
] as const)('%s never leaves', async (_, changes) => {
  expect((await adyen.authorize(anAuthorization(token, changes))).kind).toBe('not_sent');
});

test.each([
  [5n, 'CLP'],
  [5n, 'ISK'],
  [500n, 'IDR'],
  [1_234n, 'KWD'],
] as const)('%d %s are the same in the books as in the reply', async (amountMinor, currency) => {
  const request = anAuthorization(token, { amountMinor, currency });
  expect(await adyen.authorize(request)).toMatchObject({ kind: 'approved', amountMinor, currency });
  const books = await sandbox.books('adyen');
  const movement = books.find((one) => one.reference === request.reference);
  expect(movement).toMatchObject({ amount: Number(amountMinor), currency });
});

test('a card is asked about without money', async () => {
  const request = anAuthorization(token, { amountMinor: 0n });
  expect(await adyen.authorize(request)).toMatchObject({ kind: 'approved', amountMinor: 0n });
  expect(await sandbox.booked(request.reference)).toEqual([]);
});

test.each(['lost_reply', 'error_500', 'refused', 'garbage', 'rate_limited'])(
  '%s is unknown',
  async (fault) => {
    await sandbox.setFaults([{ provider: 'adyen', operation: 'authorize', fault, rate: 1 }]);
    expect((await adyen.authorize(anAuthorization(token))).kind).toBe('unknown');
  },
);

test('a wrong amount is told as it is', async () => {
  await sandbox.setFaults([{ provider: 'adyen', fault: 'wrong_amount', rate: 1 }]);
  const told = await adyen.authorize(anAuthorization(token));
  expect(told).toMatchObject({ kind: 'approved', amountMinor: 1_001n });
});

test.each([
  ['a card nobody stored', 'shopper_1/nobody', {}, 'invalid_token'],
  ['a challenge nobody is there for', 'shopper_1/tok_3ds', { offSession: true }, 'authentication_required'],
  ['a challenge that could not come back', 'shopper_1/tok_3ds', {}, 'authentication_required'],
] as const)('%s is a no', async (_, given, changes, code) => {
  const outcome = await adyen.authorize(anAuthorization(given, changes));
  expect(outcome).toMatchObject({ kind: 'declined', decline: { code } });
}); // prettier-ignore

test('another account than ours is not asked', async () => {
  const url = `${sandbox.url}/adyen`;
  const other = createAdyenProvider({ ...options, merchantAccount: 'Other', url });
  const request = anAuthorization(token);
  expect((await other.authorize(request)).kind).toBe('not_sent');
  expect(await sandbox.booked(request.reference)).toEqual([]);
});

test.each(['capture', 'void', 'refund'] as const)(
  'a lost %s is acknowledged by its repeat and done once',
  async (kind) => {
    const request = anAuthorization(token);
    const outcome = await adyen.authorize(request);
    assertApproved(outcome);
    if (kind === 'refund') {
      await adyen.capture?.(anOperation({ request, outcome }, 1_000n, true));
    }
    const operation = anOperation({ request, outcome }, 1_000n, true);
    await sandbox.setFaults([{ provider: 'adyen', operation: kind, fault: 'lost_reply', rate: 1 }]);
    expect((await adyen[kind]?.(operation))?.kind).toBe('unknown');
    await sandbox.setFaults([]);
    expect((await adyen[kind]?.(operation))?.kind).toBe('pending');
    expect(await sandbox.booked(operation.reference)).toEqual([kind]);
  },
);

test('behind its page a payment is canceled by our reference', async () => {
  const request = anAuthorization('shopper_1/tok_3ds', { returnUrl: 'https://shop.example/r' });
  const outcome = await adyen.authorize(request);
  expect(outcome).toMatchObject({
    kind: 'requires_action',
    providerReference: request.reference,
  });
  const providerReference = request.reference;
  const approved = { ...outcome, kind: 'approved', providerReference, ...request } as never;
  const operation = anOperation({ request, outcome: approved }, 1_000n, true);
  expect((await adyen.void?.(operation))?.kind).toBe('pending');
  expect(await sandbox.booked(operation.reference)).toEqual([]);
  const again = await adyen.authorize(request);
  expect(again.kind).toBe('requires_action');
});

test.each([
  ['test', undefined, 'https://checkout-test.adyen.com/v72'],
  ['live', '1797a841-Shop', 'https://1797a841-Shop-checkout-live.adyenpayments.com/checkout/v72'],
] as const)('in %s mode it is at its own address', async (mode, livePrefix, address) => {
  const own = { ...options, mode, livePrefix, url: undefined, contract: adyenContract };
  const { payments, modifications } = await loadAdyenClient(own);
  expect(Reflect.get(payments, 'baseUrl')).toBe(address);
  expect(Reflect.get(modifications, 'baseUrl')).toBe(address);
});

test('what the shopper brought back of another payment is not taken for this one', async () => {
  const pspReference = 'PSPOFANOTHER0001';
  const reply = {
    resultCode: 'Authorised',
    pspReference,
    amount: { value: 1_000, currency: 'EUR' },
  };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const provider = createAdyenProvider({ ...options, url: `http://127.0.0.1:${String(port)}` });
  const outcome = await provider.finishAction?.({
    ...{ reference: 'att_1', idempotencyKey: 'att_1.x', providerReference: 'att_1' },
    returned: 'redirectResult=X',
  });
  server.closeAllConnections();
  server.close();
  expect(outcome).toMatchObject({
    kind: 'unknown',
    evidence: { detail: 'reference_not_named', providerReference: pspReference },
  });
});

describe('on the wire', () => {
  async function caught(
    work: (provider: Provider) => Promise<unknown>,
  ): Promise<{ readonly message: IncomingMessage; readonly body: Record<string, unknown> }> {
    const seen: { message: IncomingMessage; body: Record<string, unknown> }[] = [];
    const server = createServer((message, response) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        seen.push({ message, body });
        response.writeHead(500, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await work(createAdyenProvider({ ...options, url: `http://127.0.0.1:${String(port)}/x/` }));
    server.closeAllConnections();
    server.close();
    const [first, ...more] = seen;
    expect(more).toEqual([]);
    if (first === undefined) throw new Error('nothing was sent');
    return first;
  }

  test('a payment is sent once, under our key, for a stored card of its shopper', async () => {
    const request = anAuthorization(token, { returnUrl: 'https://shop.example/r' });
    const { message, body } = await caught((provider) => provider.authorize(request));
    expect(message.url).toBe('/x/v72/payments');
    expect(message.headers).toMatchObject({
      'x-api-key': 'AQE-key',
      'idempotency-key': request.idempotencyKey,
    });
    expect(body).toEqual({
      amount: { value: 1_000, currency: 'EUR' },
      merchantAccount,
      reference: request.reference,
      returnUrl: 'https://shop.example/r',
      channel: 'Web',
      paymentMethod: { type: 'scheme', storedPaymentMethodId: 'tok_visa' },
      shopperReference: 'shopper_1',
      shopperInteraction: 'ContAuth',
      recurringProcessingModel: 'CardOnFile',
      additionalData: { manualCapture: 'true' },
      redirectToIssuerMethod: 'GET',
      redirectFromIssuerMethod: 'GET',
    });
  });

  test('nothing is said about the library', async () => {
    const { message } = await caught((provider) => provider.authorize(anAuthorization(token)));
    expect(JSON.stringify(message.headers)).not.toMatch(/adyen-(library|api)|nodejs/i);
  });

  test('without a shopper it says so', async () => {
    const request = anAuthorization(token, { offSession: true });
    const { body } = await caught((provider) => provider.authorize(request));
    expect(body).toMatchObject({
      recurringProcessingModel: 'UnscheduledCardOnFile',
      authenticationData: { attemptAuthentication: 'never' },
    });
  });
});
