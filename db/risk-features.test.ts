/**
 * Features out of PostgreSQL are those of the past that training replays: a random stream of tries is kept in
 * both, and each one's vector is the same, number by number. TENDER_TEST_SEED repeats a run.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { featuresOf } from '../domain/risk/features.ts';
import { openRiskWorld, type RiskWorld } from '../test/support/risk-world.ts';
import { foldRiskEvents } from './risk-counters.ts';
import { readFeatures, recordRiskEvents } from './risk-features.ts';
import { rebuildRisk } from './risk-rebuild.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
let on: RiskWorld;
beforeAll(async () => {
  process.stderr.write(`risk features: TENDER_TEST_SEED=${String(seed)}\n`);
  on = await openRiskWorld(seed);
});
afterAll(() => on.close());

test('the same online and offline, whatever was folded by then, and after a rebuild', async () => {
  for (let step = 0; step < 120; step += 1) {
    await on.passTime();
    const one = await on.nextTry();
    const { features, asOf } = await readFeatures(on.worker, one.payment.id);
    const offline = featuresOf(one.facts, on.memory.pastOf(one.facts, asOf), asOf);
    expect({ step, features }).toEqual({ step, features: offline });
    await on.finish(one);
    if (on.random.chance(0.3)) await foldRiskEvents(on.worker);
    if (on.random.chance(0.2)) expect(await recordRiskEvents(on.worker, one.payment.id)).toBe(0);
  }
  await foldRiskEvents(on.worker);
  const maintained = await on.stored();
  expect(await rebuildRisk(on.worker)).toMatchObject({ corrected: 0 });
  expect(await on.stored()).toEqual(maintained);
  await on.rows.all(`delete from risk_events where kind = 1 and hashtext(id) % 2 = 0`);
  await on.rows.all(`update risk_events set amount = amount + 1 where hashtext(id) % 3 = 0`);
  await on.rows.all(`delete from risk_counters where kind = 'bin'`);
  await on.rows.all(
    `update risk_counters set counters = '{"seconds":[],"minutes":[],"hours":[],"days":[]}'`,
  );
  await rebuildRisk(on.worker);
  expect(await on.stored()).toEqual(maintained);
});
