/** On a clock that the test moves. Every guard of one world shares its store, as processes share a table. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { aWorld, call, fail, pause, sick, well, type World } from '../../test/support/guards.ts';
import type { Guard } from './guard.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the breaker', () => {
  test('opens after five bad calls in a row, not after four, and not with a good one between', async () => {
    const guard = aWorld().process();
    await fail(guard, 4);
    expect(guard.health()).toBe('available');
    await call(guard);
    await fail(guard, 4);
    expect(guard.health()).toBe('available');
    await fail(guard, 1);
    expect(guard.health()).toBe('breaker_open');
    expect(await call(guard)).toBe('breaker_open');
    expect(guard.view().opening).toMatchObject({ reason: 'unknown http_500' });
  });

  test('opens within two seconds when every second call fails', async () => {
    const guard = aWorld().process();
    for (let n = 0; n < 100; n += 1) {
      await call(guard);
      await pause(20);
    }
    let ms = 0;
    while (guard.health() === 'available' && ms < 3_000) {
      await call(guard, ms % 40 === 0 ? sick : well);
      await pause(20);
      ms += 20;
    }
    expect(ms).toBeLessThanOrEqual(2_000);
    expect(ms).toBeGreaterThan(200);
  });

  test('stays closed at one failure in ten', async () => {
    const guard = aWorld().process();
    for (let n = 0; n < 500; n += 1) {
      await call(guard, n % 10 === 0 ? sick : well);
      await pause(10);
    }
    expect(guard.health()).toBe('available');
  });

  test('opens within two seconds on calls that take ten, long before one of them ends', async () => {
    const guard = aWorld().process();
    for (let n = 0; n < 100; n += 1) {
      await call(guard);
      await pause(20);
    }
    const calls: Promise<unknown>[] = [];
    let ms = 0;
    while (guard.health() === 'available' && ms < 3_000) {
      if (calls.length < 12) calls.push(call(guard, well, 10_000));
      await pause(20);
      ms += 20;
    }
    expect(ms).toBeLessThanOrEqual(2_000);
    await pause(10_000);
    // Slow, and still an answer: it is the caller's.
    expect(await Promise.all(calls)).toEqual(calls.map(() => well));
    // What began before the opening says nothing about now.
    expect(guard.health()).not.toBe('available');
  });

  test('is not moved by what a call says nothing about', async () => {
    const guard = aWorld().process();
    for (let n = 0; n < 10; n += 1) await call(guard, { health: 'silent', what: '429' });
    expect(guard.health()).toBe('available');
  });

  test('holds back no capture, void or refund: nobody else can do them', async () => {
    const guard = aWorld().process();
    for (let n = 0; n < 5; n += 1) await call(guard, sick, 0, 'operation');
    expect(await call(guard)).toBe('breaker_open');
    expect(await call(guard, well, 0, 'operation')).toEqual(well);
    expect(guard.health()).toBe('breaker_open');
  });

  test('that opened in one process is open in the others as soon as they read', async () => {
    const world = aWorld();
    const [one, other] = [world.process(), world.process()];
    await fail(one, 5);
    expect(other.health()).toBe('available');
    world.read(one, other);
    expect(await call(other)).toBe('breaker_open');
  });

  test('is not closed by a reading that is older than its opening', async () => {
    const world = aWorld();
    const guard = world.process();
    const readAt = performance.now();
    const before = world.shared;
    await pause(1);
    await fail(guard, 5);
    await pause(1);
    guard.apply(before, 1, readAt);
    expect(guard.health()).toBe('breaker_open');
  });

  test('works without the others while the database is away', async () => {
    const world = aWorld();
    world.away = true;
    const guard = world.process();
    await fail(guard, 5);
    expect(guard.health()).toBe('breaker_open');
    await pause(5_000);
    expect(guard.health()).toBe('probe');
    expect(await call(guard)).toEqual(well);
    expect(guard.health()).toBe('available');
  });
});

describe('a probe', () => {
  async function onTrial(): Promise<{ world: World; guards: readonly [Guard, Guard] }> {
    const world = aWorld();
    const guards = [world.process(), world.process()] as const;
    await fail(guards[0], 5);
    world.read(...guards);
    await pause(5_000);
    expect(guards.map((guard) => guard.health())).toEqual(['probe', 'probe']);
    return { world, guards };
  }

  test('is one call, over all processes', async () => {
    const { guards } = await onTrial();
    const calls = [...guards, ...guards, ...guards].map((guard) => call(guard, well, 100));
    await pause(100);
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === well)).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'breaker_open')).toHaveLength(5);
  });

  test('that goes well closes it here at once, elsewhere with the next reading', async () => {
    const { world, guards } = await onTrial();
    await call(guards[0]);
    expect(guards[0].health()).toBe('available');
    world.read(...guards);
    expect(guards[1].health()).toBe('available');
  });

  test.each([
    ['fails', sick, 0],
    ['teaches nothing', { health: 'silent', what: '429' } as const, 0],
    ['is slow', well, 1_500],
  ])('that %s keeps it open', async (_, verdict, ms) => {
    const { world, guards } = await onTrial();
    const probing = call(guards[0], verdict, ms);
    await pause(ms);
    await probing;
    world.read(...guards);
    expect(guards.map((guard) => guard.health())).toEqual(['breaker_open', 'breaker_open']);
  });

  test('is reserved for one payment, and for another when that one does not come', async () => {
    const { guards } = await onTrial();
    expect(guards[0].reserveProbe('pay_1')).toBe(true);
    expect(guards[0].reserveProbe('pay_1')).toBe(true);
    expect(guards[0].reserveProbe('pay_2')).toBe(false);
    await pause(2_000);
    expect(guards[0].reserveProbe('pay_2')).toBe(true);
  });
});
