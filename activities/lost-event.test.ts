/** An acknowledged authorization, capture or refund whose event is lost: not `pending` for ever, and nothing guessed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeClaim } from '../db/inbox.ts';
import { recordSettlement } from '../db/settlement.ts';
import { requestCapture, requestRefund } from '../domain/commands.ts';
import { refundable } from '../domain/payment-state.ts';
import type { LookupKind, Provider } from '../domain/provider.ts';
import { adyenContract } from '../providers/adyen/contract.ts';
import { createAdyenProvider } from '../providers/adyen/provider.ts';
import { merchantAccount } from '../sandbox/adyen/present.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';
import { approved, evidence } from '../test/support/payments.ts';

let bench: Bench;
/** The provider has not decided when it replies: `Pending`, or `Received`. */
let acknowledges = false;
// The front's events go nowhere: all are lost but those that a test tells.
beforeAll(async () => {
  bench = await openBench(({ url }) => {
    const adyen = createAdyenProvider({
      ...{ apiKey: 'key', merchantAccount, hmacKeys: ['00'.repeat(32)], mode: 'test' },
      ...{ livePrefix: undefined, url: `${url}/adyen` },
    });
    const authorize: Provider['authorize'] = async (request) => {
      const outcome = await adyen.authorize(request);
      if (!acknowledges || outcome.kind !== 'approved') return outcome;
      const { providerReference, evidence: seen } = outcome;
      return { kind: 'pending', providerReference, evidence: seen };
    };
    return [{ ...adyen, authorize }];
  });
});
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

const actor = 'api_key:test';

async function capturing(): Promise<{ id: string; operationId: string }> {
  const paymentMethod = { type: 'card' as const, tokens: { adyen: 'shopper_1/tok_visa' } };
  const id = await bench.accept('', { captureMethod: 'manual', paymentMethod });
  await bench.settle(id);
  const operationId = bench.deps.newId('op');
  const ask = { operationId, actor, amount: 100n, final: true };
  await bench.ask(id, (payment) => requestCapture(payment, ask, () => adyenContract));
  expect(await lifeOf(id, operationId)).toMatchObject({ status: 'pending', cases: [] });
  return { id, operationId };
}

async function lifeOf(id: string, subjectId: string): Promise<Record<string, unknown>> {
  const { attempts, operations } = await bench.settle(id);
  const subject = [...attempts, ...operations].find((one) => one.id === subjectId);
  const cases = await bench.rows.all(
    'select kind, reason, status, resolution from cases where subject_id = $1',
    [subjectId],
  );
  const lines = await bench.rows.all<{ kind: string }>(
    `select kind from timeline where payment_id = $1
      and $2 in (evidence ->> 'operation_id', evidence ->> 'attempt_id') order by sequence`,
    [id, subjectId],
  );
  return { status: subject?.status, cases, lines: lines.map(({ kind }) => kind) };
}

async function tell(
  kind: LookupKind,
  reference: string,
  providerReference = 'alder_1',
): Promise<void> {
  const outcome = approved({
    ...{ amountMinor: 100n, currency: 'USD' as const, captured: kind === 'capture' },
    providerReference,
    evidence: evidence({ kind: 'webhook', provider: 'adyen' }),
  });
  await bench.rows.all(`select receive_webhook('adyen', $1, $2, $3, '', 2000, $4::jsonb)`, [
    ...[`evt_${reference}`, kind.toUpperCase(), reference],
    encodeClaim({ kind, outcome }),
  ]);
  await bench.advance(3);
}

const parked = { kind: 'unknown', reason: 'never_told', status: 'open', resolution: null };

test('a capture nobody tells of is parked after five days, once; what is told after all ends it', async () => {
  const { id, operationId } = await capturing();
  await bench.settleForDays(id, 4);
  expect(await lifeOf(id, operationId)).toMatchObject({ status: 'pending', cases: [] });
  await bench.settleForDays(id, 5);
  const lines = ['capture.requested', 'capture.submitting', 'capture.pending', 'capture.unknown', 'capture.parked']; // prettier-ignore
  expect(await lifeOf(id, operationId)).toEqual({ status: 'unknown', cases: [parked], lines });
  // The provider did it, and nothing is booked of it until somebody says so.
  expect((await bench.state(id)).amountCaptured).toBe(0n);

  await tell('capture', operationId);
  const ended = await lifeOf(id, operationId);
  expect(ended['status']).toBe('succeeded');
  expect(ended['cases']).toEqual([{ ...parked, status: 'closed', resolution: 'succeeded' }]);
  expect((await bench.state(id)).amountCaptured).toBe(100n);
  expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
});

test('a refund nobody tells of keeps its amount; a settlement file that lists it ends it', async () => {
  const { id, operationId: captureId } = await capturing();
  await tell('capture', captureId);
  await bench.settle(id);
  const refundId = bench.deps.newId('ref');
  const ask = { operationId: refundId, actor, amount: 40n, reason: 'x' };
  await bench.ask(id, (payment) => requestRefund(payment, ask));
  await bench.settleForDays(id, 9);
  expect(await lifeOf(id, refundId)).toMatchObject({ status: 'unknown', cases: [parked] });
  expect(refundable(await bench.state(id))).toBe(60n);

  const { createdAt = 0 } = (await bench.state(id)).attempts[0] ?? {};
  await recordSettlement(bench.db, {
    provider: 'adyen',
    coversFrom: new Date(createdAt - 86_400_000).toISOString(),
    coversTo: new Date(createdAt + 86_400_000).toISOString(),
    lists: ['captured', 'refunded'],
    sourceHash: '1'.padStart(64, '0'),
    statements: [
      {
        ...{ line: 1, reference: refundId, says: 'refunded', amount: 40n, currency: 'USD' },
        providerReference: 'PSP_REFUND',
      },
    ],
  });
  await bench.settleForDays(id, 1);
  expect(await lifeOf(id, refundId)).toMatchObject({ status: 'succeeded' });
  expect(await bench.state(id)).toMatchObject({ amountRefunded: 40n, refundReserved: 0n });
});

/** Acknowledged, held by the provider, and not told of. */
async function authorizing(): Promise<{ id: string; attemptId: string; reference: string }> {
  const paymentMethod = { type: 'card' as const, tokens: { adyen: 'shopper_1/tok_visa' } };
  const id = await bench.accept('', { captureMethod: 'manual', paymentMethod });
  acknowledges = true;
  const [attempt] = (await bench.settle(id)).attempts;
  acknowledges = false;
  expect(attempt).toMatchObject({ status: 'pending', provider: 'adyen' });
  const { id: attemptId = '', providerReference } = attempt ?? {};
  return { id, attemptId, reference: providerReference ?? '' };
}

describe('an authorization nobody tells of', () => {
  const lines = ['attempt.submitting', 'attempt.pending', 'attempt.unknown', 'attempt.parked'];

  test('is parked after five days, once, tried nowhere else, and ended by what is told after all', async () => {
    const { id, attemptId, reference } = await authorizing();
    await bench.settleForDays(id, 4);
    expect(await lifeOf(id, attemptId)).toMatchObject({ status: 'pending', cases: [] });
    await bench.settleForDays(id, 8);
    expect(await lifeOf(id, attemptId)).toEqual({ status: 'unknown', cases: [parked], lines });
    expect(await bench.state(id)).toMatchObject({ status: 'processing', amountAuthorized: 0n });
    expect((await bench.state(id)).attempts).toHaveLength(1);
    expect(await booksOf(bench, id)).toEqual(['authorize']);

    await tell('authorize', attemptId, reference);
    const ended = await lifeOf(id, attemptId);
    expect(ended['status']).toBe('authorized');
    expect(ended['cases']).toEqual([{ ...parked, status: 'closed', resolution: 'authorized' }]);
    expect(await bench.state(id)).toMatchObject({ amountAuthorized: 100n });
  });

  test('is not proven absent by settlement files that do not list it; one that lists it ends it', async () => {
    const { id, attemptId } = await authorizing();
    await bench.settleForDays(id, 6);
    const { createdAt = 0 } = (await bench.state(id)).attempts[0] ?? {};
    const file = {
      ...{ provider: 'adyen', lists: ['authorized', 'captured', 'refunded'] as const },
      coversFrom: new Date(createdAt - 86_400_000).toISOString(),
      coversTo: new Date(createdAt + 5 * 86_400_000).toISOString(),
    };
    await recordSettlement(bench.db, { ...file, sourceHash: '2'.repeat(64), statements: [] });
    await bench.settleForDays(id, 3);
    expect(await lifeOf(id, attemptId)).toMatchObject({ status: 'unknown', cases: [parked] });

    const line = {
      ...{ line: 1, reference: attemptId, says: 'authorized' as const, amount: 100n },
      ...{ currency: 'USD', providerReference: 'PSP_LINE' },
    };
    await recordSettlement(bench.db, { ...file, sourceHash: '3'.repeat(64), statements: [line] });
    await bench.settleForDays(id, 1);
    expect(await lifeOf(id, attemptId)).toMatchObject({ status: 'authorized' });
    expect(await bench.state(id)).toMatchObject({ amountAuthorized: 100n });
  });
});
