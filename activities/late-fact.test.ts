/** What a provider did behind a no, with no room left for it: booked, given back, and told (promise P4). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { requestCancel, requestCapture, requestRefund } from '../domain/commands.ts';
import { refundable, type PaymentState } from '../domain/payment-state.ts';
import type { Provider, ProviderOutcome } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(() => bench.sandbox.setFaults([]));
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

const actor = 'api_key:test';
const evidence = { kind: 'provider_reply', provider: 'alder', detail: 'test' } as const;
const no: ProviderOutcome = {
  kind: 'declined',
  decline: { code: 'processing_error', advice: 'retry_later', providerCode: 'x' },
  evidence,
};

const contractOf = (name: string) => {
  const provider = bench.deps.providers.get(name);
  if (provider === undefined) throw new Error(name);
  return provider.contract;
};

/** Does it, and says no. */
const lying = (real: Provider): Partial<Provider> => ({
  capture: async (request) => (await real.capture?.(request), no),
  refund: async (request) => (await real.refund?.(request), no),
  void: async (request) => (await real.void?.(request), no),
});
const refusing = (): Partial<Provider> => ({ refund: async () => no, void: async () => no });

async function held(): Promise<string> {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  return id;
}

/** The last one is final. */
async function capture(id: string, amount: bigint, provider = lying): Promise<string> {
  const operationId = bench.deps.newId('op');
  const final = provider !== lying;
  await bench.ask(id, (p) => requestCapture(p, { operationId, actor, amount, final }, contractOf));
  await bench.process({ provider }).operationExecute({ paymentId: id, operationId });
  return operationId;
}

/** The provider speaks of it, so it is looked up. */
async function told(id: string, reference: string): Promise<PaymentState> {
  await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 0)`, [
    bench.deps.newId('whe'),
    reference,
  ]);
  return bench.settle(id);
}

interface CaseRow {
  readonly kind: string;
  readonly status: string;
  readonly amount: number;
  readonly reason: string;
  readonly resolution: string | null;
}
const casesOf = (id: string): Promise<readonly CaseRow[]> =>
  bench.rows.all(
    'select kind, status, amount::int, reason, resolution from cases where payment_id = $1 order by id',
    [id],
  );
const eventsOf = async (id: string): Promise<readonly string[]> => {
  const rows = await bench.rows.all<{ type: string }>(
    'select type from outbox where payment_id = $1 order by sequence',
    [id],
  );
  return rows.map(({ type }) => type);
};
const balanceOf = async (id: string, account: string): Promise<number> => {
  const { sum } = await bench.rows.one<{ sum: number }>(
    `select coalesce(sum(case l.side when 'debit' then l.amount else -l.amount end), 0)::int as sum
    from postings l join journal_entries e on e.id = l.entry_id
    where e.payment_id = $1 and l.account = $2`,
    [id, account],
  );
  return sum;
};

describe('a capture done behind a no', () => {
  test('with room is captured', async () => {
    const id = await held();
    const first = await capture(id, 60n);
    expect(await told(id, first)).toMatchObject({
      status: 'partially_captured',
      amountCaptured: 60n,
    });
    expect(await casesOf(id)).toEqual([]);
    await capture(id, 40n, () => ({}));
  });

  test('with no room left is excess: in suspense, refunded at once, and everybody is told', async () => {
    const id = await held();
    const first = await capture(id, 60n);
    await capture(id, 40n, () => ({}));
    const payment = await told(id, first);
    expect(payment).toMatchObject({
      ...{ status: 'captured', amountCaptured: 40n, amountExcess: 60n },
      ...{ amountRefunded: 60n, refundReserved: 0n },
    });
    // Nobody can have it a second time.
    expect(refundable(payment)).toBe(40n);
    expect(await booksOf(bench, id)).toEqual(
      expect.arrayContaining(['authorize', 'capture', 'capture', 'refund']),
    );
    expect(await casesOf(id)).toEqual([
      {
        ...{ kind: 'excess', status: 'closed', amount: 60, reason: 'captured_in_excess' },
        resolution: 'refunded',
      },
    ]);
    expect(await eventsOf(id)).toEqual(
      expect.arrayContaining(['payment.late_success', 'refund.created', 'refund.succeeded']),
    );
    expect(await balanceOf(id, '2900')).toBe(0);
    expect(await balanceOf(id, '4000')).toBe(-40);
    // Told again, it is known.
    const before = (await bench.state(id)).operations.length;
    expect((await told(id, first)).operations).toHaveLength(before);
  });

  test('that the provider will not take back waits for a person, in suspense', async () => {
    const id = await held();
    const first = await capture(id, 60n);
    await capture(id, 40n, () => ({}));
    await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 0)`, [
      bench.deps.newId('whe'),
      first,
    ]);
    const stubborn = bench.process({ provider: refusing });
    await stubborn.operationResolve({ paymentId: id, operationId: first });
    const refund = (await bench.state(id)).operations.at(-1);
    await stubborn.operationExecute({ paymentId: id, operationId: refund?.id ?? '' });
    expect(await casesOf(id)).toMatchObject([{ kind: 'excess', status: 'open', amount: 60 }]);
    expect(await balanceOf(id, '2900')).toBe(-60);
    expect(await bench.state(id)).toMatchObject({ amountExcess: 60n, refundReserved: 0n });
  });
});

describe('a refund done behind a no', () => {
  test('beyond what there was to refund is a fact, and whose loss a person says', async () => {
    const id = await bench.accept('tok_visa');
    await bench.settle(id);
    const refund = async (amount: bigint, provider: typeof lying): Promise<string> => {
      const operationId = bench.deps.newId('ref');
      await bench.ask(id, (p) => requestRefund(p, { operationId, actor, amount, reason: 'x' }));
      await bench.process({ provider }).operationExecute({ paymentId: id, operationId });
      return operationId;
    };
    const first = await refund(30n, lying);
    // The provider holds its own ceiling; that it did not is what this pretends.
    const rest = await refund(90n, () => ({
      refund: async ({ amountMinor, currency }) => ({
        ...{ kind: 'approved', providerReference: 'alder_x', amountMinor, currency },
        ...{ captured: false, evidence },
      }),
    }));
    expect(await bench.state(id)).toMatchObject({ amountRefunded: 90n });
    const payment = await told(id, first);
    expect(payment).toMatchObject({ amountRefunded: 120n, amountExcess: 20n });
    expect(await casesOf(id)).toMatchObject([
      { kind: 'excess', status: 'open', amount: 20, reason: 'refunded_in_excess' },
    ]);
    expect([await balanceOf(id, '1900'), await balanceOf(id, '4000')]).toEqual([20, 0]);
    // What was pretended is taken out again, so that the books of both agree at the end.
    await told(id, rest);
    await bench.rows.all(
      `select post_facts(jsonb_build_array(jsonb_build_object('merchant_id', merchant_id, 'payment_id', id,
        'key', id || '/pretended', 'event', 'amendment', 'state', 'posted', 'postings', jsonb_build_array(
          jsonb_build_object('account', '1100', 'provider', 'alder', 'side', 'debit', 'amount', '90', 'currency', 'USD'),
          jsonb_build_object('account', '4000', 'provider', '', 'side', 'credit', 'amount', '90', 'currency', 'USD')))))
      from payments where id = $1`,
      [id],
    );
  });
});

describe('a void done behind a no', () => {
  test('cancels what it had not canceled', async () => {
    const id = await held();
    const operationId = bench.deps.newId('op');
    await bench.ask(id, (p) => requestCancel(p, { operationId, actor }));
    await bench.process({ provider: lying }).operationExecute({ paymentId: id, operationId });
    expect((await bench.state(id)).status).toBe('requires_capture');
    const payment = await told(id, operationId);
    expect([payment.status, payment.attempts[0]?.status]).toEqual(['canceled', 'voided']);
    expect(await booksOf(bench, id)).toEqual(['authorize', 'void']);
  });
});

describe('money that came too late and is refused back', () => {
  test('waits for a person; found given back after all, it waits no more', async () => {
    const id = await bench.accept('tok_late_success');
    await bench.settle(id);
    await bench.advance(6);
    const [attempt] = (await bench.state(id)).attempts;
    await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 0)`, [
      bench.deps.newId('whe'),
      attempt?.id,
    ]);
    const process = bench.process({ provider: lying });
    await process.attemptResolve({ paymentId: id, attemptId: attempt?.id ?? '' });
    const late = (await bench.state(id)).operations.at(-1);
    expect(late).toMatchObject({ late: true, kind: 'refund', status: 'requested' });
    await process.operationExecute({ paymentId: id, operationId: late?.id ?? '' });
    expect(await casesOf(id)).toMatchObject([
      { kind: 'late_return', status: 'open', reason: 'processing_error', amount: 100 },
    ]);
    const payment = await told(id, late?.id ?? '');
    expect(payment.attempts[0]?.status).toBe('voided');
    expect(await casesOf(id)).toMatchObject([{ status: 'closed', resolution: 'refunded' }]);
    expect(await balanceOf(id, '2900')).toBe(0);
  });
});
