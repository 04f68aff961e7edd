/** Nothing committed is left undelivered (DESIGN 3): the sweeper on a real database, Temporal scripted. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Db } from '../db/client.ts';
import { requestRefund } from '../domain/commands.ts';
import type { Runs } from '../runtime/runs.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { waitFor } from '../test/support/wait.ts';
import { sweep } from './sweeper.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.rows.all('update payments set wake_at = null');
});

/** Past the two seconds that direct delivery has. */
async function overdue(...ids: readonly string[]): Promise<void> {
  await bench.rows.all(
    `update payments set wake_at = tender_now() - interval '1 second' where id = any($1)`,
    [ids],
  );
}

interface Sweeping {
  readonly woken: readonly { readonly paymentId: string; readonly atMs: number }[];
  readonly warned: readonly string[];
}

/** Sweeps, with `wake` as Temporal, until `check` no longer throws. */
async function sweepUntil(
  check: (sweeping: Sweeping) => void,
  wake: (paymentId: string) => Promise<void> = async () => undefined,
  runs: (real: Runs) => Runs | undefined = (real) => real,
  db: Db = bench.db,
): Promise<Sweeping> {
  const woken: { paymentId: string; atMs: number }[] = [];
  const warned: string[] = [];
  const stopping = new AbortController();
  const began = performance.now();
  const real: Runs = {
    start: () => Promise.reject(new Error('a sweeper wakes')),
    trigger: () => Promise.reject(new Error('a sweeper wakes')),
    wake: async (paymentId) => {
      await wake(paymentId);
      woken.push({ paymentId, atMs: performance.now() - began });
    },
  };
  const log = { warn: (_fields: object, message: string) => warned.push(message) };
  const sweeping = sweep({
    db,
    runs: () => runs(real),
    log: log as unknown as Parameters<typeof sweep>[0]['log'],
    signal: stopping.signal,
  });
  try {
    await waitFor(() => check({ woken, warned }));
  } finally {
    stopping.abort();
    await sweeping;
  }
  return { woken, warned };
}

const idsOf = ({ woken }: Sweeping): string[] => woken.map(({ paymentId }) => paymentId);

describe('the sweeper', () => {
  test('starts what was accepted and never started, and not before direct delivery had its time', async () => {
    const id = await bench.accept('tok_visa');
    const began = performance.now();
    await sweepUntil((sweeping) => expect(idsOf(sweeping)).toEqual([id]));
    expect(performance.now() - began).toBeGreaterThan(1_900);
    expect((await bench.settle(id)).status).toBe('captured');
  });

  test('leaves alone what is at rest', async () => {
    const done = await bench.accept('tok_visa');
    await bench.settle(done);
    const waiting = await bench.accept('tok_visa');
    await overdue(waiting);
    const { wake_at } = await bench.rows.one<{ wake_at: Date | null }>(
      'select wake_at from payments where id = $1',
      [done],
    );
    expect(wake_at).toBeNull();
    const sweeping = await sweepUntil((now) => expect(idsOf(now)).toContain(waiting));
    expect(idsOf(sweeping)).not.toContain(done);
  });

  test('wakes captures and refunds first, then the longest overdue', async () => {
    const fresh = await Promise.all([bench.accept('tok_visa'), bench.accept('tok_visa')]);
    const refunded = await bench.accept('tok_visa');
    await bench.settle(refunded);
    const ask = { operationId: bench.deps.newId('ref'), actor: 'api_key:test', reason: 'x' };
    await bench.ask(refunded, (payment) => requestRefund(payment, ask));
    await overdue(...fresh, refunded);
    await bench.rows.all(
      `update payments set wake_at = wake_at - interval '1 hour' where id = $1`,
      [fresh[1]],
    );
    const sweeping = await sweepUntil((now) => expect(idsOf(now)).toHaveLength(3));
    expect(idsOf(sweeping)).toEqual([refunded, fresh[1], fresh[0]]);
  });

  test('wakes one that stays overdue again, after longer and longer', async () => {
    const id = await bench.accept('tok_visa');
    await overdue(id);
    const { woken } = await sweepUntil((now) => expect(idsOf(now)).toEqual([id, id]));
    const gap = (woken[1]?.atMs ?? 0) - (woken[0]?.atMs ?? 0);
    expect(gap).toBeGreaterThan(3_900);
  });

  test('wakes at once one that was worked on and is overdue again', async () => {
    const id = await bench.accept('tok_visa');
    await overdue(id);
    // As a run does: it has looked, and looks again soon.
    const work = (): Promise<void> => overdue(id);
    const { woken } = await sweepUntil((now) => expect(idsOf(now)).toEqual([id, id]), work);
    expect((woken[1]?.atMs ?? Infinity) - (woken[0]?.atMs ?? 0)).toBeLessThan(3_000);
  });

  test('does not let those it has just woken hide the others', async () => {
    const stuck = await bench.accept('tok_visa');
    await overdue(stuck);
    await sweepUntil((now) => expect(idsOf(now)).toContain(stuck));
    const other = await bench.accept('tok_visa');
    await overdue(other);
    await sweepUntil((now) => expect(idsOf(now)).toContain(other));
  });

  test('tries again at the next sweep what Temporal did not take', async () => {
    const id = await bench.accept('tok_visa');
    await overdue(id);
    let tries = 0;
    const { woken, warned } = await sweepUntil(
      (now) => expect(idsOf(now)).toEqual([id]),
      async () => {
        tries += 1;
        if (tries < 3) throw new Error('14 UNAVAILABLE');
      },
    );
    expect(warned).toEqual(['could not wake a payment', 'could not wake a payment']);
    // Without the pause for those that were woken.
    expect(woken[0]?.atMs ?? Infinity).toBeLessThan(3_000);
  });

  test('one payment that cannot be woken keeps no other from it', async () => {
    const [bad, good] = [await bench.accept('tok_visa'), await bench.accept('tok_visa')];
    await overdue(bad, good);
    const refuse = async (paymentId: string): Promise<void> => {
      if (paymentId === bad) throw new Error('refused');
    };
    await sweepUntil((now) => expect(idsOf(now)).toContain(good), refuse);
  });

  test('waits for a Temporal that has never been reached', async () => {
    const id = await bench.accept('tok_visa');
    await overdue(id);
    let asked = 0;
    await sweepUntil(
      (now) => expect(idsOf(now)).toEqual([id]),
      undefined,
      (real) => ((asked += 1) < 3 ? undefined : real),
    );
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  test('outlasts a database that is away', async () => {
    const id = await bench.accept('tok_visa');
    await overdue(id);
    let asked = 0;
    const restarting = new Proxy(bench.db, {
      get(target, name) {
        if (name === 'getExecutor' && (asked += 1) < 3) throw new Error('ECONNREFUSED');
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const check = (now: Sweeping): void => expect(idsOf(now)).toEqual([id]);
    const { warned } = await sweepUntil(check, undefined, undefined, restarting);
    expect(warned).toEqual(['sweep failed', 'sweep failed']);
  });
});
