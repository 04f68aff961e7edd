/** The drill of card testing, small: some hundred good payments and one attack, on a real database and sandbox. */
import { expect, test } from '@jest/globals';
import { createTestDatabase } from '../../../test/support/database.ts';
import { drawAttacks } from './attacks.ts';
import { liveThrough } from './day.ts';
import { readDecisions } from './decisions.ts';
import { figuresOf, goodFigures } from './report.ts';
import { lookForLeaks } from './secrets.ts';
import { openService } from './service.ts';
import { drawShoppers } from './shoppers.ts';

const seed = 7;

test('a fast attack in a day of good payments is found, stopped, and told nothing', async () => {
  const database = await createTestDatabase();
  const service = await openService(database);
  try {
    const asks = [...drawShoppers(seed, 150), ...drawAttacks(seed, ['one_device'], 40)];
    const asked = await liveThrough(service, asks, () => undefined);
    const judged = await readDecisions(database.ownerUrl, asked);
    const attack = figuresOf(judged, 'one_device');
    expect(attack.attempts).toBe(40);
    // Under load a judgement may come too late, and lets one through.
    const late = judged.filter(({ isKnown }) => !isKnown).length;
    expect(attack.detected?.attempts).toBeLessThanOrEqual(20);
    expect(attack.passedLater).toBeLessThanOrEqual(late);
    expect(goodFigures(judged)).toMatchObject({ stopped: 0 });
    const { blocked, strangers, leaks } = await lookForLeaks(service, asked);
    expect(leaks).toEqual([]);
    expect([blocked > 10, strangers > 10]).toEqual([true, true]);
  } finally {
    await service.close();
    await database.drop();
  }
});
