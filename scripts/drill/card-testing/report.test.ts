/** What the drill of card testing calls a failure. */
import { describe, expect, test } from '@jest/globals';
import type { Judged } from './decisions.ts';
import { judgeDay, type Evidence } from './report.ts';

const one: Judged = {
  ...{ attack: null, merchant: 0, at: 0, visit: '', outcome: 'allow', because: '' },
  ...{ isKnown: true, status: 'captured' },
};
const good = (count: number, changes: Partial<Judged> = {}): readonly Judged[] =>
  Array.from({ length: count }, (_, n) => ({ ...one, visit: `${JSON.stringify(changes)}${String(n)}`, ...changes })); // prettier-ignore
/** Found at that attempt, of so many, one every so many seconds. */
const attack = (found: number, everySeconds: number, attempts = 60): readonly Judged[] =>
  Array.from({ length: attempts }, (_, n) => ({
    ...{
      ...one,
      attack: 'slow' as const,
      at: 1_000 + n * everySeconds,
      visit: `slow ${String(n)}`,
    },
    outcome: n + 1 >= found ? 'block' : 'allow',
  }));
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  ...{ seed: 1, commit: null, seconds: 1, attacks: ['slow'] },
  judged: [...good(2_000), ...attack(12, 30)],
  secrets: { blocked: 3, strangers: 5, leaks: [] },
  ...changes,
});

describe('a day of card testing', () => {
  test('is right, with its figures', () => {
    const { ok, json } = judgeDay(evidence());
    expect(ok).toBe(true);
    expect(json).toMatchObject({
      ...{ name: 'drill:card-testing', cases: 4, right: 4, wrong: 0 },
      ...{ good_payments: 2_000, good_stopped: 0, tries: 2_060 },
      attacks: { slow: { detected_at_attempt: 12, detected_after_seconds: 330, passed_later: 0 } },
    });
  });

  test('is right with many attempts within a minute, and one good payment in a thousand stopped', () => {
    const judged = [...good(1_998), ...good(2, { outcome: 'challenge' }), ...attack(50, 1)];
    expect(judgeDay(evidence({ judged })).reasons).toEqual([]);
  });

  test.each<[string, Partial<Evidence>, string]>([
    ['found late', { judged: [...good(2_000), ...attack(21, 30)] }, 'slow: found at attempt 21, after 600 s'], // prettier-ignore
    ['never found', { judged: [...good(2_000), ...attack(61, 30)] }, 'slow: never found'],
    ['no attack at all', { judged: good(2_000) }, 'slow: only 0 attempts'],
    ['good payments challenged', { judged: [...good(1_997), ...good(3, { outcome: 'challenge' }), ...attack(12, 30)] }, '3 of 2000 good payments stopped'], // prettier-ignore
    ['good payments held', { judged: [...good(1_997), ...good(3, { outcome: 'review' }), ...attack(12, 30)] }, '3 of 2000 good payments stopped'], // prettier-ignore
    ['few payments', { judged: [...good(150), ...attack(12, 30)] }, 'fewer than 200 good payments'],
    ['judgements that came too late', { judged: [...good(1_900), ...good(100, { isKnown: false }), ...attack(12, 30)] }, 'risk of 100 tries could not be told in time'], // prettier-ignore
    ['a shopper told too much', { secrets: { blocked: 3, strangers: 5, leaks: ['a blocked shopper is told: risk'] } }, 'a blocked shopper is told: risk'], // prettier-ignore
    ['a stranger told too much', { secrets: { blocked: 3, strangers: 5, leaks: ['a stranger is told 200'] } }, 'a stranger is told 200'], // prettier-ignore
    ['nobody blocked', { secrets: { blocked: 0, strangers: 5, leaks: [] } }, 'no blocked payment was seen'], // prettier-ignore
  ])('is wrong with %s', (_, changes, reason) => {
    const { ok, reasons } = judgeDay(evidence(changes));
    expect([ok, reasons]).toEqual([false, [reason]]);
  });
});
