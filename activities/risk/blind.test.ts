/** Risk that cannot be told keeps nobody waiting, and attacks that stop themselves. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connectDb } from '../../db/client.ts';
import { planScreening, readScreening, type Screening } from '../../db/risk-screening.ts';
import { differingPayments } from '../../test/support/books.ts';
import { openJudgingBench, type JudgingBench } from '../../test/support/judging.ts';
import { createJudge, type JudgeOptions } from './judge.ts';

let bench: JudgingBench;
beforeAll(async () => {
  bench = await openJudgingBench();
});
afterEach(() => bench.wants({}));
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

describe('risk cannot be told', () => {
  const slow = (): Promise<Screening> => new Promise(() => undefined);
  const broken = (): Promise<Screening> => Promise.reject(new Error('the database is away'));

  test.each([
    ['is slow', undefined, slow, 'slow', 'captured', 'allow_with_rules'],
    ['is broken', undefined, broken, 'features', 'captured', 'allow_with_rules'],
    ['is slow', 'challenge', slow, 'slow', 'requires_action', 'challenge'],
    ['is broken', 'block', broken, 'features', 'blocked', 'block'],
  ] as const)('it %s and the merchant wants %s', async (_, mode, read, because, status, kept) => {
    await bench.wants(mode === undefined ? {} : { on_failure: mode });
    const startedAt = performance.now();
    const payment = await bench.made({}, bench.judging({ read }));
    expect(payment.status).toBe(status);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await bench.decided(payment.id)).toMatchObject({
      ...{ mode: kept, fail_reason: because, score: null, model_version: null },
      reasons: [{ kind: 'failure', because }],
    });
  });

  test('connections are there, and have their plans, before anybody is judged', async () => {
    const payment = await bench.made();
    const options = { url: bench.workerUrl, applicationName: 'planned', onError: () => undefined };
    const db = connectDb({ ...options, poolSize: 3, keepsConnections: true });
    await planScreening(db, 3);
    const { n } = await bench.rows.one<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where application_name = 'planned'`,
    );
    expect(n).toBe(3);
    expect((await readScreening(db, payment.id)).asOf).toBeGreaterThan(0);
    await db.destroy();
  });

  test('nobody knows the rules either: the shopper is challenged', async () => {
    const policies = {
      of: broken,
      lastKnown: () => undefined,
    } as unknown as JudgeOptions['policies'];
    const payment = await bench.made({}, bench.judging({ policies }));
    expect(payment.status).toBe('requires_action');
    expect((await bench.decided(payment.id))?.fail_reason).toBe('rules');
  });

  test('rules and past together have 50 ms', async () => {
    const hangs = (): Promise<never> => new Promise(() => undefined);
    const known = { settings: {}, sets: [] };
    const policies = { of: hangs, lastKnown: () => known };
    const judge = createJudge({ ...bench.judge, policies, read: hangs, budgetMs: 50 });
    const payment = await bench.made();
    const waited: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const startedAt = performance.now();
      expect((await judge.judge(payment)).failReason).toBe('slow');
      waited.push(performance.now() - startedAt);
    }
    expect(Math.min(...waited)).toBeLessThan(90);
  });

  test('after ten in a row nobody waits any more', async () => {
    let asked = 0;
    const read = (): Promise<Screening> => {
      asked += 1;
      return broken();
    };
    const risk = createJudge({ ...bench.judge, read });
    const id = await bench.accept('tok_visa');
    const payment = await bench.state(id);
    for (let n = 0; n < 12; n += 1) await risk.judge(payment);
    expect(asked).toBe(10);
    expect((await risk.judge(payment)).failReason).toBe('breaker_open');
    await bench.settle(id);
  });

  test('rules of the installation stand, and are stricter than the merchant’s wish', async () => {
    await bench.rows.all(
      `begin; set local session_replication_role = replica;
       insert into risk_rules (merchant_id, version, rules, written_by, reason, approved_by, approval_id) values (null, 2,
         '[{"id": "small", "priority": 1, "action": "block", "note": "n", "when": {"fact": "amount", "op": "<", "value": 1000}}]',
         'a', 'r', 'b', 'x'); commit`,
    );
    const payment = await bench.made({}, bench.judging({ read: broken }));
    await bench.rows.all(
      `begin; set local session_replication_role = replica; delete from risk_rules; commit`,
    );
    expect(payment.status).toBe('blocked');
  });
});

test('an attack stops itself: many cards on one device that are declined', async () => {
  const activities = bench.judging();
  const statuses: string[] = [];
  for (let n = 0; n < 30; n += 1) {
    const id = await bench.accept('tok_declined_do_not_honor', {
      paymentMethod: {
        type: 'card',
        token: 'tok_declined_do_not_honor',
        fingerprint: `f${String(n)}`,
      },
      options: { shopper: { device_id: 'browser-1' } },
    });
    await activities.authorize({ paymentId: id });
    statuses.push((await bench.state(id)).status);
  }
  const first = statuses.indexOf('blocked');
  expect(first).toBeGreaterThan(3);
  expect(first).toBeLessThan(20);
  expect(new Set(statuses.slice(first))).toEqual(new Set(['blocked']));
  const entries = await bench.rows.all(
    `select list, entity, added_by, expires_at > tender_now() as stands from risk_list_entries where added_by = 'tender' and entity = 'device'`,
  );
  expect(entries).toEqual([{ list: 'block', entity: 'device', added_by: 'tender', stands: true }]);
  // Somebody else at the same merchant is not stopped.
  expect(['captured', 'requires_action']).toContain((await bench.made()).status);
});
