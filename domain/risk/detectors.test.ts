/** Detectors of card testing: what alarms each, what must not, and whole days with and without attacks. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { liveThrough, type AttackShape } from '../../test/support/card-testing.ts';
import { detect, type Detection } from './detectors.ts';
import { tighten } from './tightening.ts';

type Features = Readonly<Record<string, number>>;
const alarms = (features: Features): readonly string[] =>
  detect(features).map(({ detector, entity }) => `${detector} ${entity}`);

const device = { device_attempts_1m: 6, device_attempts_1h: 8, device_declines_1h: 7 };
const cards = { device_cards_1h: 5, device_attempts_1h: 9, device_declines_1h: 8 };
const merchant = {
  ...{ merchant_attempts_1m: 20, merchant_attempts_1h: 200, merchant_attempts_1d: 3_000 },
  ...{ merchant_declines_1m: 14, merchant_declines_1h: 30, merchant_declines_1d: 300 },
};
const bin = {
  ...{ bin_attempts_1m: 12, bin_attempts_1h: 40, bin_attempts_1d: 400 },
  ...{ bin_declines_1m: 11, bin_declines_1h: 13, bin_declines_1d: 40 },
};
const amounts = { amount: 1, same_amount_attempts_1m: 10, same_amount_attempts_1h: 12 };
const unwell = { merchant_attempts_1m: 14, merchant_declines_1m: 8 };

describe('an alarm', () => {
  test.each<[string, Features, string]>([
    ['many tries of one device in a minute', device, 'attempt_velocity device'],
    ['many tries in an hour', { device_attempts_1h: 14, device_declines_1h: 12 }, 'attempt_velocity device'], // prettier-ignore
    ['many tries of one card', { card_attempts_1m: 6, card_attempts_1h: 6, card_declines_1h: 6 }, 'attempt_velocity card'], // prettier-ignore
    ['many cards on one device', cards, 'many_cards device'],
    ['many cards at one address', { ip_cards_1h: 9, ip_attempts_1h: 10, ip_declines_1h: 9 }, 'many_cards ip'], // prettier-ignore
    ['more declines than the merchant has', merchant, 'decline_jump merchant'],
    ['one small amount again and again', { ...amounts, ...unwell }, 'same_small_amount merchant'],
    ['the numbers of one BIN, one after the other', bin, 'bin_attack bin'],
    ['the same slowly', { ...bin, bin_attempts_1m: 5, bin_declines_1m: 5, bin_declines_1h: 34 }, 'bin_attack bin'], // prettier-ignore
  ])('%s', (_, features, expected) => {
    expect(alarms(features)).toEqual([expected]);
  });

  test.each<[string, Features]>([
    ['nothing known', { device_attempts_1m: -1, device_cards_1h: -1, amount: 1 }],
    ['no features at all', {}],
    ['a call centre: many cards, few declines', { ...cards, device_attempts_1h: 40, device_declines_1h: 5 }], // prettier-ignore
    ['a shopper who tries again', { device_attempts_1m: 3, device_attempts_1h: 5, device_cards_1h: 2, device_declines_1h: 4 }], // prettier-ignore
    ['an office behind one address', { ip_cards_1h: 30, ip_attempts_1h: 60, ip_attempts_1m: 12, ip_declines_1h: 9 }], // prettier-ignore
    ['a sale: volume, and declines as ever', { ...merchant, merchant_attempts_1m: 300, merchant_declines_1m: 33 }], // prettier-ignore
    ['a merchant who always has many declines', { ...merchant, merchant_declines_1d: 2_000, merchant_declines_1h: 130 }], // prettier-ignore
    ['a small amount that sells well', { ...amounts, merchant_attempts_1m: 40, merchant_declines_1m: 4 }], // prettier-ignore
    ['a small amount that always sells', { ...amounts, ...unwell, same_amount_attempts_1h: 600 }],
    ['a large amount again and again', { ...amounts, ...unwell, amount: 90 }],
    ['a large issuer that has a bad hour, which is over', { ...bin, bin_attempts_1m: 9, bin_declines_1m: 1, bin_declines_1h: 34 }], // prettier-ignore
  ])('is not %s', (_, features) => {
    expect(alarms(features)).toEqual([]);
  });

  test('says what it was decided by', () => {
    expect(detect(device)[0]?.evidence).toEqual({ attempts_1m: 6, attempts_1h: 8, declines_1h: 7 });
  });
});

describe('what is done about it', () => {
  const found = (entity: Detection['entity'], detector: Detection['detector']): Detection => ({
    ...{ detector, entity, evidence: { cards_1h: 5.25 } },
  });

  test('who tests is blocked, what many share is only challenged, each once and for a while', () => {
    const detections = [
      found('bin', 'bin_attack'),
      found('device', 'many_cards'),
      found('device', 'attempt_velocity'),
      found('email', 'many_cards'),
      found('merchant', 'decline_jump'),
    ];
    const done = tighten(detections, (entity) => (entity === 'email' ? null : `of ${entity}`));
    expect(done).toEqual([
      { action: 'block', list: 'block', entity: 'device', value: 'of device', expiresInMs: 3_600_000, detector: 'attempt_velocity', reason: 'attempt_velocity: cards_1h 5.25' }, // prettier-ignore
      { action: 'challenge', list: 'watch', entity: 'bin', value: 'of bin', expiresInMs: 1_800_000, detector: 'bin_attack', reason: 'bin_attack: cards_1h 5.25' }, // prettier-ignore
      { action: 'challenge', list: 'watch', entity: 'merchant', value: 'of merchant', expiresInMs: 900_000, detector: 'attempt_velocity', reason: 'attempt_velocity: cards_1h 5.25' }, // prettier-ignore
    ]);
  });

  test('all shoppers of a merchant are challenged only where nothing narrower explains it', () => {
    const lists = (...detections: readonly Detection[]): readonly string[] =>
      tighten(detections, () => 'x').map(({ list, entity }) => `${list} ${entity}`);
    const jump = found('merchant', 'decline_jump');
    expect(lists(jump)).toEqual(['challenge merchant']);
    expect(lists(jump, found('merchant', 'same_small_amount'))).toEqual(['watch merchant']);
    expect(lists(jump, found('ip', 'many_cards'))).toEqual(['challenge ip', 'watch merchant']);
  });
});

describe('where the merchant is watched', () => {
  const same = { amount: 1, same_amount_attempts_1m: 5, merchant_attempts_1m: 7 };
  const watching = (
    features: Features,
    ...watched: readonly Detection['entity'][]
  ): readonly string[] =>
    detect(features, { watched }).map(({ detector, entity }) => `${detector} ${entity}`);

  test('one small amount goes on being found where nothing is declined any more, of strangers', () => {
    expect(watching(same)).toEqual([]);
    expect(watching(same, 'merchant')).toEqual(['same_small_amount merchant']);
    expect(watching({ ...same, card_seconds_since_first: 90_000 }, 'merchant')).toEqual([]);
    expect(watching({ ...same, merchant_attempts_1m: 11 }, 'merchant')).toEqual([]);
    expect(watching({ ...same, amount: 90 }, 'merchant')).toEqual([]);
  });

  test('more declines are another attack only by twice the surprise', () => {
    expect(watching(merchant)).toEqual(['decline_jump merchant']);
    const less = { ...merchant, merchant_attempts_1m: 16, merchant_declines_1m: 13 };
    expect(watching(less)).toEqual(['decline_jump merchant']);
    expect(watching(less, 'merchant')).toEqual([]);
    const more = { ...merchant, merchant_attempts_1m: 40, merchant_declines_1m: 32 };
    expect(watching(more, 'merchant')).toEqual(['decline_jump merchant']);
  });

  test('a BIN goes on being found for the hour, of strangers', () => {
    const over = { ...bin, bin_attempts_1m: 2, bin_declines_1m: 0, bin_declines_1h: 34 };
    expect(watching(over)).toEqual([]);
    expect(watching(over, 'bin')).toEqual(['bin_attack bin']);
    expect(watching({ ...over, device_seconds_since_first: 5 }, 'bin')).toEqual([]);
  });
});

describe('a day', () => {
  test('of good payments has at most one in a thousand stopped, or challenged', () => {
    const days = [1, 2, 3, 4].map((seed) =>
      liveThrough({ seed, hours: 24, perMinute: 2 * seed, attack: null }, detect),
    );
    const sum = (of: 'good' | 'goodBlocked' | 'goodChallengedInPeace'): number =>
      days.reduce((all, day) => all + day[of], 0);
    expect(sum('good')).toBeGreaterThan(20_000);
    expect(sum('goodBlocked')).toBeLessThanOrEqual(sum('good') / 1_000);
    expect(sum('goodChallengedInPeace')).toBeLessThanOrEqual(sum('good') / 1_000);
  });

  test('with an attack has it found within 20 attempts or 60 s, and no good payment stopped for it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom<AttackShape>('one_device', 'same_amount', 'bin'),
        fc.constantFrom(0.4, 1, 4),
        fc.constantFrom(0.2, 1, 5),
        (seed, shape, perSecond, perMinute) => {
          const attack = { shape, perSecond, afterHours: 1 };
          const day = liveThrough({ seed, hours: 3, perMinute, attack }, detect);
          const { attempts, seconds } = day.detected ?? { attempts: Infinity, seconds: Infinity };
          expect(attempts <= 20 || seconds <= 60).toBe(true);
          // After that at most a few of its 400 pass.
          expect(day.attackPassed).toBeLessThanOrEqual(Math.max(40, 1.5 * attempts));
          expect(day.goodBlocked).toBeLessThanOrEqual(day.good / 1_000);
        },
      ),
      { numRuns: 30 },
    );
  });
});
