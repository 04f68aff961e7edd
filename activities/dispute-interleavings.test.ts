/**
 * Refunds and a dispute with its rounds, on real PostgreSQL, by two connections at once: by our own asking nothing is
 * paid out twice, and what is out twice all the same is a break with its claim, and stands where it should.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectDb, type Db } from '../db/client.ts';
import { receiveDispute } from '../db/disputes.ts';
import { proofs } from '../db/ledger-proofs.ts';
import { requestRefund } from '../domain/commands.ts';
import type { DisputeNews } from '../domain/provider-disputes.ts';
import { newId } from '../runtime/ids.ts';
import { createRandom } from '../scripts/drill/random.ts';
import { openBench, type Bench } from '../test/support/bench.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const rounds = 60;

let bench: Bench;
let api: Db;
beforeAll(async () => {
  process.stderr.write(`dispute interleavings: TENDER_TEST_SEED=${String(seed)}\n`);
  bench = await openBench();
  const onError = (): void => undefined;
  api = connectDb({ url: bench.apiUrl, applicationName: 'told', poolSize: 8, onError });
});
afterAll(async () => {
  await api.destroy();
  await bench.close();
});

const random = createRandom('dispute-interleavings', seed);

async function tell(
  attemptId: string,
  what: DisputeNews['what'],
  round: number,
  amountMinor: bigint,
): Promise<void> {
  const news = {
    ...{ what, round, providerReference: `dp_${attemptId}`, amountMinor, feeMinor: 1_500n },
    ...{ feeReturned: false, currency: 'USD', reason: 'fraudulent' },
    dueBy: new Date(Date.now() + 7 * 86_400_000).toISOString(),
  };
  const raw = Buffer.from('{}');
  const event = { provider: 'alder', eventId: newId('evt'), type: 'dispute', raw };
  await receiveDispute(api, { ...event, reference: attemptId }, news, 2_000);
}

/** What a dispute goes through; each is told in this order, and each may be told twice. */
const stories: readonly (readonly (readonly [DisputeNews['what'], number])[])[] = [
  [['opened', 1], ['lost', 1]],
  [['opened', 1], ['won', 1]],
  [['opened', 1], ['won', 1], ['opened', 2], ['lost', 2]],
  [['opened', 1], ['won', 1], ['opened', 2], ['won', 2]],
  [['opened', 1], ['lost', 1], ['won', 2]],
  [['opened', 1], ['won', 1], ['lost', 2]],
]; // prettier-ignore

interface Outcome {
  readonly captured: number;
  readonly refunded: number;
  readonly disputed: number;
  readonly excess: number;
  readonly twice: number;
  readonly suspense: number;
  readonly in_progress: number;
  readonly open_held: number;
  readonly breaks: number;
  readonly cases: number;
  readonly round: number;
}

const outcomeOf = (id: string): Promise<Outcome> =>
  bench.rows.one<Outcome>(
    `with d as (select coalesce(sum(amount_excess) filter (where status <> 'won'), 0)::int as twice,
        coalesce(sum(amount - amount_excess) filter (where closed_at is null), 0)::int as held from disputes where payment_id = $1),
      b as (select coalesce(sum(case p.side when 'debit' then p.amount else -p.amount end) filter (where p.account = '1900'), 0)::int as suspense,
        coalesce(sum(case p.side when 'debit' then p.amount else -p.amount end) filter (where p.account = '1300'), 0)::int as in_progress
        from journal_entries e join postings p on p.entry_id = e.id where e.payment_id = $1)
    select amount_captured::int as captured, amount_refunded::int as refunded, amount_disputed::int as disputed,
      amount_excess::int as excess, d.twice, b.suspense, b.in_progress, d.held as open_held,
      (select coalesce(-sum(amount), 0)::int from breaks where payment_id = $1 and kind = 'duplicate_outflow' and status = 'open') as breaks,
      (select max(round) from disputes where payment_id = $1) as round,
      (select count(*)::int from cases where payment_id = $1 and kind = 'excess' and status = 'open') as cases
    from payments, d, b where id = $1`,
    [id],
  );

async function live(): Promise<Outcome> {
  const id = await bench.accept('tok_visa', { amount: 10_000n });
  const attemptId = (await bench.settle(id)).attempts[0]?.id ?? '';
  const disputed = BigInt(random.between(1_000, 10_000));
  const run = async (): Promise<void> => {
    await bench.settle(id);
  };
  const refund = async (): Promise<void> => {
    const amount = BigInt(random.between(1, 10_000));
    const asked = { operationId: newId('ref'), actor: 'api_key:t', reason: 'x', amount };
    await bench.ask(id, (payment) => requestRefund(payment, asked)).catch(() => undefined);
    await run();
  };
  if (random.chance(0.25)) await refund();
  for (const [what, round] of stories[random.between(0, stories.length - 1)] ?? []) {
    const times = random.between(1, 2);
    const tellings = Array.from({ length: times }, async () => {
      // While a refund is on its way, or has come.
      await sleep(random.between(0, 40));
      await tell(attemptId, what, round, disputed);
    });
    const others = random.chance(0.7) ? [refund()] : [];
    await Promise.all([...tellings.map((one) => one.then(run)), ...others, run()]);
  }
  await run();
  return outcomeOf(id);
}

test(`${String(rounds)} interleavings: the pot holds, and what is out twice is a break in suspense`, async () => {
  const outcomes: Outcome[] = [];
  for (let n = 0; n < rounds; n += 1) outcomes.push(await live());
  for (const o of outcomes) {
    expect(o.refunded + o.disputed <= o.captured + o.excess).toBe(true);
    // One dispute: what is out twice is all that is out beyond what was captured.
    expect(o.twice).toBe(Math.max(0, o.refunded + o.disputed - o.captured));
    expect([o.suspense, o.breaks, o.in_progress]).toEqual([o.twice, o.twice, o.open_held]);
    expect(o.cases).toBe(o.twice > 0 ? 1 : 0);
  }
  // Else all of this would hold for want of them.
  expect(outcomes.filter((o) => o.twice > 0).length).toBeGreaterThan(1);
  expect(outcomes.filter((o) => o.round > 1).length).toBeGreaterThan(10);
  for (const { name, statement } of proofs.filter((p) => p.name === 'sub_ledgers')) {
    expect([name, await bench.rows.all(statement)]).toEqual([name, []]);
  }
}, 240_000);
