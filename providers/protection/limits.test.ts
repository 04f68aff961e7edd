/** Places, rate and Retry-After, on a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { aWorld, call, pause, well } from '../../test/support/guards.ts';
import type { Guard, Verdict } from './guard.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('places', () => {
  const small = { concurrentMax: 20 };
  test('are as many as the contract has; who finds none is refused at once, not queued', async () => {
    const guard = aWorld().process(small);
    const calls = Array.from({ length: 18 }, () => call(guard, well, 500));
    await pause(1);
    expect(guard.health()).toBe('at_capacity');
    expect(await call(guard)).toBe('at_capacity');
    await pause(500);
    await Promise.all(calls);
    expect(await call(guard)).toEqual(well);
  });

  test('of one provider are not those of another', async () => {
    const [slow, other] = [aWorld().process(small), aWorld().process(small)];
    const calls = Array.from({ length: 30 }, () => call(slow, well, 900));
    await pause(1);
    expect(await call(other)).toEqual(well);
    await pause(900);
    await Promise.all(calls);
  });

  test('are there for lookups when all others are taken and the breaker is open', async () => {
    const guard = aWorld().process(small);
    const calls = Array.from({ length: 18 }, () => call(guard, well, 60_000));
    await pause(1_000);
    expect(guard.health()).not.toBe('available');
    expect(await call(guard, well, 0, 'look')).toEqual(well);
    const looks = [call(guard, well, 10, 'look'), call(guard, well, 10, 'look')];
    expect(await call(guard, well, 0, 'look')).toBe('at_capacity');
    await pause(60_000);
    await Promise.all([...calls, ...looks]);
  });
});

describe('the rate', () => {
  async function passed(guard: Guard, perSecond: number): Promise<number> {
    let count = 0;
    for (let n = 0; n < perSecond; n += 1) {
      if ((await call(guard)) === well) count += 1;
      await pause(1_000 / perSecond);
    }
    return count;
  }

  test('is never more in a second than the contract allows, and nearly that', async () => {
    const guard = aWorld().process({ perSecondMax: 100 });
    const count = await passed(guard, 500);
    expect(count).toBeLessThanOrEqual(91);
    expect(count).toBeGreaterThanOrEqual(85);
    expect(await call(guard)).toBe('rate_limited');
  });

  test('is shared by the processes', async () => {
    const world = aWorld();
    const guards = [world.process({ perSecondMax: 100 }), world.process({ perSecondMax: 100 })];
    world.read(...guards);
    for (const guard of guards) expect(await passed(guard, 250)).toBeLessThanOrEqual(46);
  });

  test('lets something through however slow it is', async () => {
    const guard = aWorld().process({ perSecondMax: 1 });
    expect(await call(guard)).toEqual(well);
    expect(await call(guard)).toBe('rate_limited');
    await pause(2_000);
    expect(await call(guard)).toEqual(well);
  });
});

describe('Retry-After', () => {
  const full: Verdict = { health: 'silent', what: '429', retryAfterMs: 3_000 };
  test('is honoured to the end, by everybody, lookups included', async () => {
    const world = aWorld();
    const [one, other] = [world.process(), world.process()];
    await call(one, full);
    expect(await call(one)).toBe('rate_limited');
    world.read(one, other);
    expect([other.health(), await call(other, well, 0, 'look')]).toEqual(['rate_limited', 'rate_limited']); // prettier-ignore
    await pause(3_000);
    expect([one.health(), other.health()]).toEqual(['available', 'available']);
  });

  test('is not honoured for days: unknowns wait for lookups', async () => {
    const guard = aWorld().process();
    await call(guard, { ...full, retryAfterMs: 86_400_000 });
    await pause(600_000);
    expect(guard.health()).toBe('available');
  });
});
