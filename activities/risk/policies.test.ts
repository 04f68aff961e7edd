/** What is known of merchants is used while it is read again, and never forgotten because a read fails. */
import { expect, jest, test } from '@jest/globals';
import type { Policy } from '../../domain/risk/assessment.ts';
import { createPolicies, type Policies } from './policies.ts';

interface World {
  readonly policies: Policies;
  readonly pass: (ms: number) => Promise<void>;
  reads: number;
  away: boolean;
}

function world(): World {
  const counted = { reads: 0, away: false };
  const policies = createPolicies((): Promise<Policy> => {
    counted.reads += 1;
    if (counted.away) return Promise.reject(new Error('away'));
    const set = { scope: 'global', version: counted.reads, rules: [] } as const;
    return Promise.resolve({ sets: [set], settings: {} });
  });
  const pass = async (ms: number): Promise<void> => {
    await jest.advanceTimersByTimeAsync(ms);
  };
  return Object.assign(counted, { policies, pass });
}
const versionOf = ({ sets }: Policy): number => sets[0]?.version ?? 0;

test('a policy is read once a second at most, however many ask', async () => {
  jest.useFakeTimers();
  const on = world();
  const ask = async (): Promise<number> => versionOf(await on.policies.of('m'));
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  await on.pass(999);
  expect([await ask(), on.reads]).toEqual([1, 1]);
  await on.pass(2);
  // Stale: used once more by whoever comes, and read meanwhile.
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  await on.pass(0);
  expect([await ask(), on.reads]).toEqual([2, 2]);
  jest.useRealTimers();
});

test('while nothing can be read the last one stands, until it is too old to go by', async () => {
  jest.useFakeTimers();
  const on = world();
  await on.policies.of('m');
  on.away = true;
  await on.pass(20_000);
  expect(versionOf(await on.policies.of('m'))).toBe(1);
  await on.pass(20_000);
  await expect(on.policies.of('m')).rejects.toThrow('away');
  expect(on.policies.lastKnown('m')).toBeDefined();
  expect(on.policies.lastKnown('other')).toBeUndefined();
  on.away = false;
  expect(versionOf(await on.policies.of('m'))).toBeGreaterThan(1);
  jest.useRealTimers();
});
