import { afterEach, expect, test } from '@jest/globals';
import { createFaults } from './faults.ts';
import type { CallFault, FaultPlan, Faults } from './faults.ts';
import { openStore } from './store/store.ts';
import type { Store } from './store/store.ts';

const stores: Store[] = [];

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

function aStore(): Store {
  const store = openStore(':memory:');
  stores.push(store);
  return store;
}

const halfLost: FaultPlan['plan'] = [{ fault: 'lost_reply', rate: 0.5 }];

function aPlan(plan: FaultPlan['plan'], seed: number | string = 7): Faults {
  const faults = createFaults(aStore());
  faults.replace({ seed, plan });
  return faults;
}

function draws(faults: Faults, count = 200): (CallFault | null)[] {
  return Array.from({ length: count }, () => faults.drawCall('alder', 'authorize'));
}

test('the same seed gives the same faults, another seed others', () => {
  expect(draws(aPlan(halfLost))).toEqual(draws(aPlan(halfLost)));
  expect(draws(aPlan(halfLost))).not.toEqual(draws(aPlan(halfLost, 8)));
});

test('setting the plan again starts the sequence again', () => {
  const faults = aPlan(halfLost);
  const first = draws(faults);
  faults.replace({ seed: 7, plan: halfLost });
  expect(draws(faults)).toEqual(first);
});

test('calls elsewhere do not change what an operation meets', () => {
  const quiet = draws(aPlan(halfLost));
  const faults = aPlan(halfLost);
  const busy = Array.from({ length: 200 }, () => {
    faults.drawCall('birch', 'authorize');
    faults.drawCall('alder', 'capture');
    return faults.drawCall('alder', 'authorize');
  });
  expect(busy).toEqual(quiet);
});

test('a restart keeps the plan and goes on with new draws', () => {
  const store = aStore();
  createFaults(store).replace({ seed: 7, plan: halfLost });
  const restarted = createFaults(store);
  expect(restarted.report().plan).toEqual(halfLost);
  expect(draws(restarted)).not.toEqual(draws(aPlan(halfLost)));
});

test.each([0, 0.01, 0.3, 1])('a rate of %p is met', (rate) => {
  const fired = draws(aPlan([{ fault: 'slow', rate }]), 20_000).filter((fault) => fault !== null);
  expect(Math.abs(fired.length / 20_000 - rate)).toBeLessThan(0.015);
  if (rate === 0 || rate === 1) expect(fired.length).toBe(20_000 * rate);
});

test('an entry reaches only its provider and operation; without an operation, what moves money', () => {
  const scoped = aPlan([{ provider: 'alder', operation: 'lookup', fault: 'garbage', rate: 1 }]);
  expect(scoped.drawCall('alder', 'lookup')).toBe('garbage');
  expect(scoped.drawCall('alder', 'capture')).toBeNull();
  expect(scoped.drawCall('birch', 'lookup')).toBeNull();
  const open = aPlan([{ fault: 'garbage', rate: 1 }]);
  expect(open.drawCall('cedar', 'refund')).toBe('garbage');
  expect(open.drawCall('cedar', 'lookup')).toBeNull();
  expect(open.drawCall('cedar', 'void_by_reference')).toBeNull();
});

test('the first entry that fires wins, and what fired is counted', () => {
  const faults = aPlan([
    { fault: 'webhook_late', rate: 1 },
    { fault: 'refused', rate: 1 },
    { fault: 'slow', rate: 1 },
  ]);
  expect(faults.drawCall('alder', 'void')).toBe('refused');
  expect(faults.drawWebhook('alder', 'void')).toBe('webhook_late');
  expect(faults.report().fired).toEqual({ refused: 1, webhook_late: 1 });
});
