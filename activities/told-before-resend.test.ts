/** Proven absent and about to be asked for again under another key: unless the provider has told of it since. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeClaim } from '../db/inbox.ts';
import { requestRefund } from '../domain/commands.ts';
import type { Provider, ProviderOutcome } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';
import { approved, evidence, unknown } from '../test/support/payments.ts';

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

/** A refund that was done, its reply lost, and that was then believed to be absent. */
async function believedAbsent(): Promise<{ id: string; refundId: string }> {
  const id = await bench.accept('tok_visa');
  await bench.settle(id);
  const refundId = bench.deps.newId('ref');
  const ask = { operationId: refundId, actor: 'api_key:test', amount: 40n, reason: 'x' };
  await bench.ask(id, (p) => requestRefund(p, ask));
  const lost = (real: Provider): Partial<Provider> => ({
    refund: async (request) => {
      await real.refund?.(request);
      return unknown();
    },
  });
  await bench
    .process({ provider: lost })
    .operationExecute({ paymentId: id, operationId: refundId });
  await bench.rows.all(
    `update operations set status = 'requested', due_at = tender_now(), basis = '{}' where id = $1`,
    [refundId],
  );
  return { id, refundId };
}

async function tell(refundId: string, amountMinor: bigint): Promise<void> {
  const outcome: ProviderOutcome = {
    ...approved({ amountMinor, captured: false }),
    evidence: evidence({ kind: 'webhook' }),
  };
  const claim = encodeClaim({ kind: 'refund', outcome });
  await bench.rows.all(`select receive_webhook('alder', $1, 'refund', $2, '', 2000, $3::jsonb)`, [
    ...[`evt_${refundId}`, refundId, claim],
  ]);
}

test.each([
  [40n, 'no_answer'],
  [39n, 'no_answer'],
  // A replica that lags behind: absent does not stand against a signed event.
  [40n, 'absent'],
  [39n, 'absent'],
] as const)(
  'told that %s went back, and looked up: %s, it is not sent again',
  async (amount, said) => {
    const { id, refundId } = await believedAbsent();
    await tell(refundId, amount);
    let sent = 0;
    const silent = bench.process({
      provider: () => ({
        refund: async () => ((sent += 1), unknown()),
        lookup: async () => ({ kind: said, evidence: evidence({ kind: 'lookup' }) }),
      }),
    });
    const next = await silent.operationExecute({ paymentId: id, operationId: refundId });
    expect(sent).toBe(0);
    // Nor over and over at once.
    expect(next.kind).not.toBe('submit_operation');
    // Once the provider can be asked, it is what it says.
    expect(await bench.settle(id)).toMatchObject({ amountRefunded: 40n, refundReserved: 0n });
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture', 'refund']);
  },
);
