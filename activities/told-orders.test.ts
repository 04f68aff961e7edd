/**
 * Order is never trusted: five events of one payment in all 120 orders, each told ten times, before anything
 * they tell of exists, and after all of it is recorded. On real PostgreSQL, by the activities of a run.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeClaim } from '../db/inbox.ts';
import { requestCapture, requestRefund } from '../domain/commands.ts';
import type { Step } from '../domain/next-step.ts';
import type { Provider, ProviderClaim, ProviderOutcome } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { approved, declined, evidence, pending, unknown } from '../test/support/payments.ts';
import { createActivities, type Activities } from './index.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Name = 'attempt' | 'captureA' | 'captureB' | 'captureC' | 'refundA' | 'refundB';
type Kind = ProviderClaim['kind'];

interface Act {
  readonly kind: Kind;
  readonly amount: bigint;
  readonly reply: ProviderOutcome;
  /** What really became of it. */
  readonly truth: ProviderOutcome;
}

const yes = (amountMinor: bigint, captured = false): ProviderOutcome =>
  approved({ amountMinor, captured });
/** Said at once, in doubt, acknowledged, taken back days later, acknowledged. */
const acts: Readonly<Record<Name, Act>> = {
  attempt: { kind: 'authorize', amount: 10_000n, reply: yes(10_000n), truth: yes(10_000n) },
  captureA: { kind: 'capture', amount: 3_000n, reply: unknown(), truth: yes(3_000n, true) },
  captureB: { kind: 'capture', amount: 2_500n, reply: pending(), truth: yes(2_500n, true) },
  captureC: { kind: 'capture', amount: 4_000n, reply: yes(4_000n, true), truth: yes(4_000n, true) },
  refundA: { kind: 'refund', amount: 2_000n, reply: yes(2_000n), truth: declined('late_failure') },
  refundB: { kind: 'refund', amount: 1_000n, reply: pending(), truth: yes(1_000n) },
};
const told: readonly Name[] = ['attempt', 'captureA', 'captureB', 'refundA', 'refundB'];

function ordersOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length < 2) return [all];
  return all.flatMap((first) =>
    ordersOf(all.filter((one) => one !== first)).map((rest) => [first, ...rest]),
  );
}

interface World {
  readonly ids: Readonly<Record<Name, string>>;
  readonly activities: Activities;
  /** From now on the provider knows what became of all of it. */
  happened: boolean;
}

function createWorld(): World {
  const id = (prefix: string): string => bench.deps.newId(prefix);
  const ids = {
    ...{ attempt: id('att'), captureA: id('op'), captureB: id('op'), captureC: id('op') },
    ...{ refundA: id('ref'), refundB: id('ref') },
  };
  const actOf = (reference: string): Act => {
    const name = (Object.keys(ids) as Name[]).find((one) => ids[one] === reference);
    if (name === undefined) throw new Error(`asked about ${reference}`);
    return acts[name];
  };
  const reply = async ({ reference }: { reference: string }): Promise<ProviderOutcome> =>
    actOf(reference).reply;
  const lookup: Provider['lookup'] = async (_, reference) => {
    const seen = world.happened ? actOf(reference).truth : actOf(reference).reply;
    return { kind: 'found', outcome: { ...seen, evidence: evidence({ kind: 'lookup' }) } };
  };
  const scripted = { authorize: reply, capture: reply, refund: reply, lookup };
  const providers = new Map(
    [...bench.deps.providers].map(([name, real]) => [name, { ...real, ...scripted }]),
  );
  const newId = (prefix: string): string => (prefix === 'att' ? ids.attempt : id(prefix));
  const world: World = {
    ids,
    activities: createActivities({ ...bench.deps, providers, newId }),
    happened: false,
  };
  return world;
}

/** Each in a commit of its own in `order`; then nine times more, the other way round every second time. */
async function tell({ ids }: World, order: readonly Name[]): Promise<void> {
  const events = order.map((name) => {
    const { kind, truth } = acts[name];
    const outcome = { ...truth, evidence: evidence({ kind: 'webhook' }) } as ProviderOutcome;
    const claim = JSON.parse(encodeClaim({ kind, outcome })) as unknown;
    return { event: `evt_${ids[name]}`, type: name, reference: ids[name], claim };
  });
  for (const event of events) await deliver([event]);
  for (let copy = 1; copy < 10; copy += 1) {
    await deliver(copy % 2 === 0 ? events : events.toReversed());
  }
}

const deliver = (events: readonly object[]): Promise<unknown> =>
  bench.rows.all(
    `select r.* from jsonb_to_recordset($1) as e (event text, type text, reference text, claim jsonb),
      lateral receive_webhook('alder', e.event, e.type, e.reference, '', 2000, e.claim) r`,
    [JSON.stringify(events)],
  );

/** What a run does until there is nothing due. */
async function drive({ activities }: World, paymentId: string): Promise<void> {
  let step: Step = await activities.authorize({ paymentId });
  for (let steps = 0; step.kind !== 'rest' && step.kind !== 'wait'; steps += 1) {
    if (steps > 60) throw new Error(`does not come to rest: ${JSON.stringify(step)}`);
    if (step.kind === 'resolve_attempt') {
      step = await activities.attemptResolve({ paymentId, attemptId: step.attemptId });
    } else if (step.kind === 'submit_operation') {
      step = await activities.operationExecute({ paymentId, operationId: step.operationId });
    } else if (step.kind === 'resolve_operation') {
      step = await activities.operationResolve({ paymentId, operationId: step.operationId });
    } else throw new Error(`nothing else is to be done: ${step.kind}`);
  }
}

async function live(order: readonly Name[], when: 'early' | 'late'): Promise<string> {
  const world = createWorld();
  if (when === 'early') {
    world.happened = true;
    await tell(world, order);
  }
  const paymentId = await bench.accept('tok_visa', { amount: 10_000n, captureMethod: 'manual' });
  await drive(world, paymentId);
  const contractOf = (name: string) => {
    const provider = bench.deps.providers.get(name);
    if (provider === undefined) throw new Error(name);
    return provider.contract;
  };
  const actor = 'api_key:test';
  for (const name of ['captureC', 'captureA', 'captureB', 'refundA', 'refundB'] as const) {
    const ask = { operationId: world.ids[name], actor, amount: acts[name].amount };
    await bench.ask(paymentId, (payment) =>
      acts[name].kind === 'capture'
        ? requestCapture(payment, { ...ask, final: false }, contractOf)
        : requestRefund(payment, { ...ask, reason: 'x' }),
    );
    await drive(world, paymentId);
  }
  if (when === 'late') {
    world.happened = true;
    await tell(world, order);
    await drive(world, paymentId);
  }
  return canonical(world, paymentId);
}

/** Everything that was decided and booked; ids by their names, times and evidence aside. */
async function canonical({ ids }: World, paymentId: string): Promise<string> {
  const { all } = await bench.rows.one<{ all: unknown }>(
    `select jsonb_build_object(
      'payment', (select jsonb_build_object('status', status, 'authorized', amount_authorized, 'captured', amount_captured,
        'capturing', capture_reserved, 'refunded', amount_refunded, 'refunding', refund_reserved, 'excess', amount_excess)
        from payments where id = $1),
      'attempts', (select jsonb_agg(jsonb_build_array(id, status) order by number) from attempts where payment_id = $1),
      'operations', (select jsonb_agg(jsonb_build_array(id, kind, status, amount, failure ->> 'code') order by number)
        from operations where payment_id = $1),
      'entries', (select jsonb_agg(e order by e) from (
        select jsonb_build_array(j.key, j.event, j.state, r.key, v.key, (select jsonb_agg(
          jsonb_build_array(p.account, p.provider, p.side, p.amount, p.currency) order by p.account, p.side, p.amount)
          from postings p where p.entry_id = j.id)) as e
        from journal_entries j left join journal_entries r on r.id = j.resolves_id
          left join journal_entries v on v.id = j.reverses_id where j.payment_id = $1) l),
      'events', (select jsonb_agg(jsonb_build_array(reference, handled_at is not null) order by type)
        from inbox where payment_id = $1)) as all`,
    [paymentId],
  );
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  return JSON.stringify(all).replaceAll(
    /(?:att|op|ref|pay)_[0-9a-f]{8}-[0-9a-f-]{27}/g,
    (id) => names.get(id) ?? '*',
  );
}

test('all 120 orders of five events, ten times each, early and late, end the same', async () => {
  const beganAt = performance.now();
  const lives = ordersOf(told).flatMap((order) => [
    { order, when: 'early' as const },
    { order, when: 'late' as const },
  ]);
  expect(lives).toHaveLength(240);
  const ends = new Map<string, string>();
  const queue = [...lives];
  const work = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { order, when } = next;
      ends.set(`${when}: ${order.join(', ')}`, await live(order, when));
    }
  };
  await Promise.all([1, 2, 3, 4].map(work));
  const [first = ''] = ends.values();
  const differing = [...ends].filter(([, end]) => end !== first);
  expect(differing.map(([how]) => how)).toEqual([]);
  expect(JSON.parse(first)).toMatchObject({
    payment: { status: 'partially_captured', captured: 9_500, refunded: 1_000, refunding: 0 },
    events: told.map((name) => [name, true]).sort(),
  });
  const seconds = Math.round((performance.now() - beganAt) / 100) / 10;
  process.stdout.write(
    `orders of events: 120, lives: ${ends.size}, deliveries: ${ends.size * 50}, ends: ${new Set(ends.values()).size}, seconds: ${seconds}\n`,
  );
}, 300_000);
