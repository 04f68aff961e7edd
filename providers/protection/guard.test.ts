/** On a clock that the test moves. Every guard of one world shares its store, as processes share a table. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { aContract } from '../../test/support/payments.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import { createGuard, type Guard, type Refusal, type Verdict } from './guard.ts';
import type { HealthStore, SharedHealth } from './store.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

interface World {
  readonly store: HealthStore;
  readonly shared: SharedHealth & { retryAt: number; probingUntil: number };
  away: boolean;
  process(contract?: Partial<ProviderContract>): Guard;
  /** What each process does four times a second. */
  read(...guards: readonly Guard[]): void;
}

function aWorld(): World {
  const row = { isOpen: false, reason: '', openedAt: null, retryAt: 0, probingUntil: 0, alone: 0 };
  const here = async <T>(answer: () => T): Promise<T> => {
    if (world.away) throw new Error('the database is away');
    return answer();
  };
  const store: HealthStore = {
    open: (_, reason) =>
      here(() => void Object.assign(row, { isOpen: true, reason, retryAt: Date.now() + 5_000 })),
    claimProbe: (_, forMs) =>
      here(() => {
        if (!row.isOpen || Date.now() < row.retryAt || Date.now() < row.probingUntil) return false;
        row.probingUntil = Date.now() + forMs;
        return true;
      }),
    endProbe: (_, isWell, reason) =>
      here(() => void Object.assign(row, { isOpen: !isWell, reason, retryAt: Date.now() + 10_000, probingUntil: 0 })), // prettier-ignore
    leaveAlone: (_, forMs) => here(() => void (row.alone = Date.now() + forMs)),
  };
  const world: World = {
    store,
    away: false,
    get shared() {
      const [retryInMs, probingMs] = [row.retryAt - Date.now(), row.probingUntil - Date.now()];
      return { ...row, retryInMs, probingMs, leftAloneMs: row.alone - Date.now() };
    },
    process: (contract = {}) => createGuard(aContract(contract), store, () => undefined),
    read: (...guards) => {
      for (const guard of guards) guard.apply(world.shared, guards.length, performance.now());
    },
  };
  return world;
}

const well: Verdict = { health: 'well', what: 'approved' };
const sick: Verdict = { health: 'sick', what: 'unknown http_500' };
const pause = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** What a call that takes so long and ends so is answered with: its verdict, or why it was refused. */
function call(
  guard: Guard,
  verdict = well,
  ms = 0,
  lane: 'money' | 'look' = 'money',
): Promise<Verdict | Refusal> {
  return guard[lane]<Verdict | Refusal>({
    work: async () => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      return verdict;
    },
    judge: (answer) => answer as Verdict,
    refused: (why) => why,
  });
}

async function fail(guard: Guard, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) await call(guard, sick);
}

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
