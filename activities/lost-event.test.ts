/** An asynchronous capture or refund whose event is lost: not `pending` for ever, and nothing guessed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeClaim } from '../db/inbox.ts';
import { recordSettlement } from '../db/settlement.ts';
import { requestCapture, requestRefund } from '../domain/commands.ts';
import { refundable } from '../domain/payment-state.ts';
import type { LookupKind } from '../domain/provider.ts';
import { adyenContract } from '../providers/adyen/contract.ts';
import { createAdyenProvider } from '../providers/adyen/provider.ts';
import { merchantAccount } from '../sandbox/adyen/present.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';
import { approved, evidence } from '../test/support/payments.ts';

let bench: Bench;
// The front's events go nowhere: all are lost but those that a test tells.
beforeAll(async () => {
  bench = await openBench(({ url }) => [
    createAdyenProvider({
      ...{ apiKey: 'key', merchantAccount, hmacKeys: ['00'.repeat(32)], mode: 'test' },
      ...{ livePrefix: undefined, url: `${url}/adyen` },
    }),
  ]);
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

async function lifeOf(id: string, operationId: string): Promise<Record<string, unknown>> {
  const operation = (await bench.settle(id)).operations.find((one) => one.id === operationId);
  const cases = await bench.rows.all(
    'select kind, reason, status, resolution from cases where subject_id = $1',
    [operationId],
  );
  const lines = await bench.rows.all<{ kind: string }>(
    `select kind from timeline where payment_id = $1 and evidence ->> 'operation_id' = $2 order by sequence`,
    [id, operationId],
  );
  return { status: operation?.status, cases, lines: lines.map(({ kind }) => kind) };
}

async function tell(kind: LookupKind, reference: string): Promise<void> {
  const outcome = approved({
    ...{ amountMinor: 100n, currency: 'USD' as const, captured: kind === 'capture' },
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
