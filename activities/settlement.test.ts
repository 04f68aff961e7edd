/**
 * Truths that are only in the settlement file: at cedar, whose lookups are never final, with an API that
 * says nothing (and no void by reference that answers).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { recordSettlement, type SettlementImport } from '../db/settlement.ts';
import { requestCancel, requestCapture, requestRefund } from '../domain/commands.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { LookupResult, Provider, ProviderOutcome } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

const evidence = { kind: 'provider_reply', provider: 'cedar', detail: 'test' } as const;
const unknown: ProviderOutcome = { kind: 'unknown', evidence };
type Mode = 'done' | 'lost';

/** Takes the call or loses it, answers nothing in either case, and is silent ever after. */
function mute(mode: Mode): (real: Provider) => Partial<Provider> {
  return (real) => ({
    authorize: async (request) => {
      if (mode === 'done') await real.authorize(request);
      return unknown;
    },
    refund: async (request) => {
      if (mode === 'done') await real.refund?.(request);
      return unknown;
    },
    lookup: async () => ({ kind: 'no_answer', evidence }),
    voidByReference: async () => ({ kind: 'no_answer', evidence }),
  });
}

const atCedar = {
  paymentMethod: { type: 'card' as const, tokens: { cedar: 'tok_visa' } },
};

/** A sale that cedar was asked for, of which nothing is known. */
async function doubtfulSale(mode: Mode): Promise<{ id: string; attemptId: string }> {
  const id = await bench.accept('unused', atCedar);
  await bench.process({ provider: mute(mode) }).authorize({ paymentId: id });
  const [attempt] = (await bench.state(id)).attempts;
  expect([attempt?.provider, attempt?.status]).toEqual(['cedar', 'unknown']);
  return { id, attemptId: attempt?.id ?? '' };
}

async function doubtfulRefund(mode: Mode): Promise<{ id: string; refundId: string }> {
  const id = await bench.accept('unused', atCedar);
  await bench.settle(id);
  const refundId = bench.deps.newId('ref');
  const ask = { operationId: refundId, actor: 'api_key:test', amount: 40n, reason: 'x' };
  await bench.ask(id, (p) => requestRefund(p, ask));
  await bench.process({ provider: mute(mode) }).operationExecute({
    ...{ paymentId: id, operationId: refundId },
  });
  return { id, refundId };
}

let files = 0;
/** Covers `days` from yesterday on. */
async function importFile(
  days: number,
  statements: SettlementImport['statements'] = [],
): Promise<void> {
  files += 1;
  const { now } = await bench.rows.one<{ now: Date }>('select tender_now() as now');
  const from = now.getTime() - 86_400_000;
  await recordSettlement(bench.db, {
    provider: 'cedar',
    coversFrom: new Date(from).toISOString(),
    coversTo: new Date(from + days * 86_400_000).toISOString(),
    lists: ['captured', 'refunded'],
    sourceHash: files.toString(16).padStart(64, '0'),
    statements,
  });
}

/** Covers from so many days before the payment's first send to so many after it. */
async function importFrom(id: string, before: number, after: number): Promise<void> {
  files += 1;
  const { createdAt = 0 } = (await bench.state(id)).attempts[0] ?? {};
  await recordSettlement(bench.db, {
    provider: 'cedar',
    coversFrom: new Date(createdAt - before * 86_400_000).toISOString(),
    coversTo: new Date(createdAt + after * 86_400_000).toISOString(),
    lists: ['captured', 'refunded'],
    sourceHash: files.toString(16).padStart(64, '0'),
    statements: [],
  });
}

const listed = (
  reference: string,
  says: 'authorized' | 'captured' | 'refunded',
  amount: bigint,
): SettlementImport['statements'][number] => ({
  ...{ line: 1, reference, says, amount, currency: 'USD' },
  providerReference: 'cedar_from_file',
});

async function look(id: string): Promise<PaymentState> {
  const silent = bench.process({ provider: mute('lost') });
  for (let steps = 0; steps < 9; steps += 1) {
    const step = await silent.paymentLoad({ paymentId: id });
    if (step.kind === 'resolve_attempt') {
      await silent.attemptResolve({ paymentId: id, attemptId: step.attemptId });
    } else if (step.kind === 'resolve_operation') {
      await silent.operationResolve({ paymentId: id, operationId: step.operationId });
    } else break;
  }
  return bench.state(id);
}

describe('a sale', () => {
  test('that is listed was done', async () => {
    const { id, attemptId } = await doubtfulSale('done');
    await importFile(2, [listed(attemptId, 'captured', 100n)]);
    const payment = await look(id);
    expect(payment).toMatchObject({ status: 'captured', amountCaptured: 100n });
    const { basis } = await bench.rows.one<{ basis: unknown }>(
      'select basis from attempts where id = $1',
      [attemptId],
    );
    expect(basis).toMatchObject({ kind: 'settlement', provider: 'cedar' });
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
  });

  test('that is listed with another amount stays in doubt', async () => {
    const { id, attemptId } = await doubtfulSale('done');
    await importFile(2, [listed(attemptId, 'captured', 99n)]);
    const payment = await look(id);
    expect([payment.status, payment.attempts[0]?.status]).toEqual(['processing', 'unknown']);
    // Nor is it absent in a file to come.
    await bench.advance(5 * 86_400);
    await importFile(9);
    expect((await look(id)).attempts[0]?.status).toBe('unknown');
    expect((await bench.settle(id)).status).toBe('captured');
  });

  test('that is in none of the files of its day and of two cycles more was not sent', async () => {
    // Past all that other tests have imported.
    await bench.advance(30 * 86_400);
    const { id } = await doubtfulSale('lost');
    await importFile(2);
    await bench.advance(30 * 86_400);
    // Its own day is imported, and the date is far later: that proves nothing.
    expect((await look(id)).attempts[0]?.status).toBe('unknown');
    await importFile(9);
    expect((await look(id)).attempts[0]?.status).toBe('unknown');
    await importFrom(id, 2, 4);
    const payment = await look(id);
    expect([payment.status, payment.attempts.map(({ status }) => status)]).toEqual([
      // Its time for other tries is over as well.
      'failed',
      ['not_sent'],
    ]);
    const { basis, again } = await bench.rows.one<{ basis: unknown; again: number }>(
      `select basis, round(extract(epoch from due_at - tender_now()) / 3600)::int as again
      from attempts where payment_id = $1`,
      [id],
    );
    expect(basis).toMatchObject({ kind: 'settlement' });
    // Looked up once more, like every absence.
    expect(again).toBe(24);
  });
});

describe('a refund', () => {
  test('that is listed was done, once', async () => {
    const { id, refundId } = await doubtfulRefund('done');
    await importFile(2, [listed(refundId, 'refunded', 40n)]);
    expect(await look(id)).toMatchObject({ amountRefunded: 40n, refundReserved: 0n });
    await bench.settle(id);
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture', 'refund']);
  });

  test('listed after it was found absent is not sent again', async () => {
    const { id, refundId } = await doubtfulRefund('done');
    await bench.rows.all(
      `update operations set status = 'requested', due_at = tender_now(), basis = '{}' where id = $1`,
      [refundId],
    );
    await importFile(2, [listed(refundId, 'refunded', 40n)]);
    let sent = 0;
    const counting = bench.process({
      provider: () => ({ refund: async () => ((sent += 1), unknown) }),
    });
    await counting.operationExecute({ paymentId: id, operationId: refundId });
    expect(sent).toBe(0);
    expect(await bench.settle(id)).toMatchObject({ amountRefunded: 40n });
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture', 'refund']);
  });

  test('listed with another amount after it was found absent is not sent again, and a person is told', async () => {
    const { id, refundId } = await doubtfulRefund('done');
    await bench.rows.all(
      `update operations set status = 'requested', due_at = tender_now(), basis = '{}' where id = $1`,
      [refundId],
    );
    await importFile(2, [listed(refundId, 'refunded', 39n)]);
    let sent = 0;
    const counting = bench.process({
      provider: () => ({ refund: async () => ((sent += 1), unknown) }),
    });
    await counting.operationExecute({ paymentId: id, operationId: refundId });
    expect(sent).toBe(0);
    expect(await bench.state(id)).toMatchObject({
      refundReserved: 40n,
      operations: [{}, { status: 'unknown' }],
    });
    const cases = await bench.rows.all('select reason from cases where subject_id = $1', [
      refundId,
    ]);
    expect(cases).toEqual([{ reason: 'listed_otherwise' }]);
    await importFile(2, [listed(refundId, 'refunded', 40n)]);
    await look(id);
    expect([sent, (await bench.state(id)).amountRefunded]).toEqual([0, 40n]);
  });
});

test('what was authorized and is over since is no news where it is listed', async () => {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  const cancelId = bench.deps.newId('op');
  await bench.ask(id, (p) => requestCancel(p, { operationId: cancelId, actor: 'api_key:test' }));
  const { attempts: [attempt], ...before } = await bench.settle(id); // prettier-ignore
  expect([before.status, attempt?.status, attempt?.provider]).toEqual(['canceled', 'voided', 'alder']); // prettier-ignore
  await recordSettlement(bench.db, {
    provider: 'alder',
    coversFrom: new Date(before.now - 86_400_000).toISOString(),
    coversTo: new Date(before.now + 86_400_000).toISOString(),
    lists: ['authorized'],
    sourceHash: 'a'.repeat(64),
    statements: [listed(attempt?.id ?? '', 'authorized', 100n)],
  });
  const after = await bench.settleForDays(id, 3);
  expect(after.attempts.map(({ status }) => status)).toEqual(['voided']);
  expect(after.operations.map((o) => `${o.kind} ${o.cause}`)).toEqual(['void cancel']);
});

test('a capture listed behind a no is kept until the one under way has ended, and then booked', async () => {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  const { attempts } = await bench.settle(id);
  const contract = bench.deps.providers.get(attempts[0]?.provider ?? '')?.contract;
  if (contract === undefined) throw new Error('nowhere');
  const no: ProviderOutcome = {
    kind: 'declined',
    decline: { code: 'processing_error', advice: 'retry_later', providerCode: 'x' },
    evidence,
  };
  const absent = async (): Promise<LookupResult> => ({ kind: 'absent', evidence });
  const capture = async (amount: bigint, says: ProviderOutcome): Promise<string> => {
    const operationId = bench.deps.newId('op');
    await bench.ask(id, (p) =>
      requestCapture(
        p,
        { operationId, actor: 'api_key:test', amount, final: false },
        () => contract,
      ),
    );
    const process = bench.process({
      provider: (real) => ({
        capture: async (request) => (await real.capture?.(request), says),
        lookup: absent,
      }),
    });
    await process.operationExecute({ paymentId: id, operationId });
    return operationId;
  };
  const refused = await capture(60n, no);
  await capture(40n, unknown);
  const { now } = await bench.state(id);
  await recordSettlement(bench.db, {
    provider: 'alder',
    coversFrom: new Date(now - 86_400_000).toISOString(),
    coversTo: new Date(now + 1_000).toISOString(),
    lists: ['captured'],
    sourceHash: 'b'.repeat(64),
    statements: [listed(refused, 'captured', 60n)],
  });
  const forgetful = bench.process({ provider: () => ({ lookup: absent }) });
  await forgetful.operationResolve({ paymentId: id, operationId: refused });
  expect(await bench.state(id)).toMatchObject({ amountCaptured: 0n, captureReserved: 40n });
  await bench.advance(60);
  await bench.settle(id);
  await bench.advance(86_400);
  await forgetful.operationResolve({ paymentId: id, operationId: refused });
  expect(await bench.settle(id)).toMatchObject({ amountCaptured: 100n, captureReserved: 0n });
});
