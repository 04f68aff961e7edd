import { describe, expect, test } from '@jest/globals';
import type { CommitNews } from '../../activities/deps.ts';
import { createWaiter } from './waiter.ts';

const news = { snapshot: {}, frozen: [] } as unknown as CommitNews;
const never = async (): Promise<undefined> => undefined;

describe('a waiter', () => {
  test('asks at once, so that what was committed before is not missed', async () => {
    const began = performance.now();
    const answer = await createWaiter().until('pay_1', 5_000, { check: async () => 'there' });
    expect([answer, performance.now() - began < 30]).toEqual(['there', true]);
  });

  test('is answered by news that say it, without asking', async () => {
    const waiter = createWaiter();
    let asked = 0;
    const check = async (): Promise<undefined> => {
      asked += 1;
      return undefined;
    };
    const until = waiter.until('pay_1', 5_000, { check, hear: () => 'heard', fresh: true });
    waiter.notify('pay_1', news);
    expect([await until, asked]).toEqual(['heard', 0]);
  });

  test('asks at news that do not say it', async () => {
    const waiter = createWaiter();
    let committed = false;
    const check = async (): Promise<string | undefined> => (committed ? 'found' : undefined);
    const until = waiter.until('pay_1', 5_000, { check, hear: () => undefined, fresh: true });
    committed = true;
    const began = performance.now();
    waiter.notify('pay_1', news);
    expect(await until).toBe('found');
    expect(performance.now() - began).toBeLessThan(30);
  });

  test('hears news that come while it is asking', async () => {
    const waiter = createWaiter();
    const check = async (): Promise<undefined> => {
      waiter.notify('pay_1', news);
      return undefined;
    };
    expect(await waiter.until('pay_1', 5_000, { check, hear: () => 'heard' })).toBe('heard');
  });

  test('is not told of other payments', async () => {
    const waiter = createWaiter();
    const until = waiter.until('pay_1', 60, { check: never, hear: () => 'heard', fresh: true });
    waiter.notify('pay_2', news);
    expect(await until).toBeUndefined();
  });

  test('finds by asking what a worker of another process committed', async () => {
    const began = performance.now();
    const check = async (): Promise<string | undefined> =>
      performance.now() - began > 100 ? 'found' : undefined;
    expect(await createWaiter().until('pay_1', 5_000, { check, fresh: true })).toBe('found');
    expect(performance.now() - began).toBeLessThan(400);
  });

  test('asks once more when its time is over, and outlasts a database that is away', async () => {
    let asked = 0;
    const check = async (): Promise<string> => {
      asked += 1;
      if (asked < 3) throw new Error('ECONNREFUSED');
      return 'back';
    };
    expect(await createWaiter().until('pay_1', 2_000, { check })).toBe('back');
    expect(await createWaiter().until('pay_1', 0, { check, fresh: true })).toBe('back');
  });
});
