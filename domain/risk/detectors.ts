/**
 * Detectors of card testing: what a payment's features say about the stream it stands in. Each looks at
 * counts of what was before the payment, and none is alarmed by volume alone: a sale has volume, a call
 * centre has many cards on one device, and neither has the declines.
 */
import type { EntityKind } from './lists.ts';

export const detectorNames = [
  'attempt_velocity',
  'many_cards',
  'decline_jump',
  'same_small_amount',
  'bin_attack',
] as const;
export type DetectorName = (typeof detectorNames)[number];

export interface Detection {
  readonly detector: DetectorName;
  /** Whose stream it is: all payments of this device, address, BIN or merchant. */
  readonly entity: EntityKind;
  /** The counts it was decided by. */
  readonly evidence: Readonly<Record<string, number>>;
}

/** By name, as `featureNames` has them; one that is missing or below zero is not known. */
type Features = Readonly<Record<string, number>>;
/** Of a person, a browser, an address. */
type Streamed = 'card' | 'customer' | 'email' | 'device' | 'ip';
const streams: readonly Streamed[] = ['device', 'email', 'customer', 'card', 'ip'];

/** Surprise is in nats: e^-14 is once in a million. */
export interface Thresholds {
  readonly velocity: Readonly<Record<Streamed, { readonly in1m: number; readonly in1h: number }>>;
  /** Different cards within an hour; a card is its own and only one. */
  readonly cards: Readonly<Record<Exclude<Streamed, 'card'>, number>>;
  /** Declines of the same stream within the hour, without which many of something mean nothing. */
  readonly declines: { readonly least: number; readonly share: number; readonly surprise: number };
  readonly jump: {
    readonly attempts: number;
    /** Of declines: less is no attack, however certain it is. */
    readonly share: number;
    readonly surprise: number;
    /** Within the last minute, where the hour is what surprises: what is over is over. */
    readonly nowSurprise: number;
  };
  readonly sameAmount: {
    /** Major units. */
    readonly amount: number;
    readonly in1m: number;
    readonly surprise: number;
    readonly declineSurprise: number;
  };
}

export const defaultThresholds: Thresholds = {
  velocity: {
    device: { in1m: 6, in1h: 12 },
    email: { in1m: 6, in1h: 12 },
    customer: { in1m: 6, in1h: 12 },
    card: { in1m: 5, in1h: 10 },
    ip: { in1m: 10, in1h: 30 },
  },
  cards: { device: 4, email: 4, customer: 4, ip: 8 },
  declines: { least: 4, share: 0.4, surprise: 10 },
  jump: { attempts: 8, share: 0.3, surprise: 14, nowSurprise: 6 },
  sameAmount: { amount: 5, in1m: 8, surprise: 14, declineSurprise: 6 },
};

export interface Looking {
  /** What of the payment stands on the merchant's watch list: there, of strangers less is enough. */
  readonly watched: readonly EntityKind[];
  readonly thresholds: Thresholds;
}

/** All that are alarmed, in the order of `detectorNames`. */
export function detect(
  features: Features,
  { watched = [], thresholds = defaultThresholds }: Partial<Looking> = {},
): readonly Detection[] {
  const found = [
    ...streams.map((entity) => attemptVelocity(features, entity, thresholds)),
    ...streams.map((entity) => manyCards(features, entity, thresholds)),
    declineJump(features, thresholds, watched.includes('merchant')),
    sameSmallAmount(features, thresholds, watched.includes('merchant')),
    binAttack(features, thresholds, watched.includes('bin')),
  ];
  return found.filter((detection) => detection !== null);
}

function attemptVelocity(
  features: Features,
  entity: Streamed,
  thresholds: Thresholds,
): Detection | null {
  const in1m = known(features, `${entity}_attempts_1m`);
  const in1h = known(features, `${entity}_attempts_1h`);
  const limits = thresholds.velocity[entity];
  if (in1m < limits.in1m && in1h < limits.in1h) return null;
  const declines = provenDeclines(features, entity, thresholds);
  if (declines === null) return null;
  const evidence = { attempts_1m: in1m, attempts_1h: in1h, declines_1h: declines };
  return { detector: 'attempt_velocity', entity, evidence };
}

function manyCards(features: Features, entity: Streamed, thresholds: Thresholds): Detection | null {
  if (entity === 'card') return null;
  const cards = known(features, `${entity}_cards_1h`);
  if (cards < thresholds.cards[entity]) return null;
  // Behind a carrier's address some have a bad day; whoever was here before is not who tests.
  if (entity === 'ip' && !isStranger(features)) return null;
  const declines = provenDeclines(features, entity, thresholds);
  if (declines === null) return null;
  return { detector: 'many_cards', entity, evidence: { cards_1h: cards, declines_1h: declines } };
}

/** Null: too few, or no more than so many people would have who share it. */
function provenDeclines(
  features: Features,
  entity: Streamed,
  { declines: { least, share, surprise } }: Thresholds,
): number | null {
  const declines = known(features, `${entity}_declines_1h`);
  const attempts = known(features, `${entity}_attempts_1h`);
  const isChance = surpriseOfShare(declines, attempts, usualShare) < surprise;
  return declines < Math.max(least, share * attempts) || isChance ? null : declines;
}

/**
 * Against the merchant's own day, the last hour left out: an attack must not be its own measure. Watched, it is
 * under an attack that something narrower explains, and only twice the surprise is another one.
 */
function declineJump(
  features: Features,
  { jump: limits }: Thresholds,
  isWatched: boolean,
): Detection | null {
  const { minute, hour } = counts(features, 'merchant');
  const surprise = isWatched ? 2 * limits.surprise : limits.surprise;
  const isNow = minute.surprise >= limits.nowSurprise;
  return jump('merchant', 'decline_jump', { minute, hour, isNow }, { ...limits, surprise });
}

/**
 * Numbers of one BIN tried one after the other, from however many devices, at whichever merchants. Only strangers
 * stand in it: many good people have such a card, and some were here before.
 */
function binAttack(
  features: Features,
  { jump: limits }: Thresholds,
  isWatched: boolean,
): Detection | null {
  if (!isStranger(features)) return null;
  const { minute, hour } = counts(features, 'bin');
  const isNow = isWatched || minute.surprise >= limits.nowSurprise;
  return jump('bin', 'bin_attack', { minute, hour, isNow }, limits);
}

type Counted = Readonly<Record<'attempts' | 'declines' | 'base' | 'surprise', number>>;

/** Who has fewer declines than most is measured as most are: what is narrower is to be found first. */
function counts(
  features: Features,
  entity: 'merchant' | 'bin',
): { readonly minute: Counted; readonly hour: Counted } {
  const base = Math.max(baseShare(features, entity), usualShare);
  const counted = (window: '1m' | '1h'): Counted => {
    const attempts = known(features, `${entity}_attempts_${window}`);
    const declines = known(features, `${entity}_declines_${window}`);
    return { attempts, declines, base, surprise: surpriseOfShare(declines, attempts, base) };
  };
  return { minute: counted('1m'), hour: counted('1h') };
}

/** `isNow`: what the hour shows is not over. */
function jump(
  entity: 'merchant' | 'bin',
  detector: DetectorName,
  { minute, hour, isNow }: Readonly<{ minute: Counted; hour: Counted; isNow: boolean }>,
  limits: Thresholds['jump'],
): Detection | null {
  const isJump = ({ attempts, declines, surprise }: Counted): boolean =>
    attempts >= limits.attempts &&
    declines >= limits.share * attempts &&
    surprise >= limits.surprise;
  if (isJump(minute)) return { detector, entity, evidence: { seconds: 60, ...minute } };
  return isJump(hour) && isNow ? { detector, entity, evidence: { seconds: 3_600, ...hour } } : null;
}

/**
 * More of one small amount than in the hour before, and more of it declined than usual. Whoever is challenged is
 * not declined, so the declines end where the attack does not: watched, most payments of the minute being of
 * that amount is enough against strangers.
 */
function sameSmallAmount(
  features: Features,
  { sameAmount }: Thresholds,
  isWatched: boolean,
): Detection | null {
  const amount = features['amount'] ?? Infinity;
  const in1m = known(features, 'same_amount_attempts_1m');
  const attempts = known(features, 'merchant_attempts_1m');
  if (amount > sameAmount.amount) return null;
  const isMost = in1m >= Math.max(sameAmount.in1m, attempts) / 2;
  if (isWatched && isMost && isStranger(features)) {
    const evidence = { amount, same_1m: in1m, attempts };
    return { detector: 'same_small_amount', entity: 'merchant', evidence };
  }
  const before = known(features, 'same_amount_attempts_1h') - in1m;
  const expected = Math.max(before / 59, 0.5);
  const surprise = in1m * Math.log(in1m / expected) - (in1m - expected);
  const declines = known(features, 'merchant_declines_1m');
  const base = baseShare(features, 'merchant');
  const isUsual =
    in1m < sameAmount.in1m ||
    in1m <= expected ||
    surprise < sameAmount.surprise ||
    surpriseOfShare(declines, attempts, base) < sameAmount.declineSurprise;
  if (isUsual) return null;
  const evidence = { amount, same_1m: in1m, expected, attempts, declines, base };
  return { detector: 'same_small_amount', entity: 'merchant', evidence };
}

/** Nobody of whom anything was ever seen. */
function isStranger(features: Features): boolean {
  return ['card', 'device', 'customer'].every(
    (entity) => known(features, `${entity}_seconds_since_first`) === 0,
  );
}

function known(features: Features, name: string): number {
  const value = features[name] ?? 0;
  return value > 0 ? value : 0;
}

/** Of declines among attempts, where nothing better is known; as strong as twenty attempts. */
const usualShare = 0.15;
const usualAttempts = 20;

function baseShare(features: Features, entity: 'merchant' | 'bin'): number {
  const before = (what: string): number =>
    known(features, `${entity}_${what}_1d`) - known(features, `${entity}_${what}_1h`);
  const attempts = Math.max(before('attempts'), 0) + usualAttempts;
  const declines = Math.max(before('declines'), 0) + usualShare * usualAttempts;
  return Math.min(declines / attempts, 0.9);
}

/** How far `of` so many is above chance: the exponent of Chernoff's bound, 0 where it is not above. */
function surpriseOfShare(count: number, of: number, base: number): number {
  const share = of === 0 ? 0 : Math.min(count / of, 1);
  if (share <= base) return 0;
  const rest = share === 1 ? 0 : (1 - share) * Math.log((1 - share) / (1 - base));
  return of * (share * Math.log(share / base) + rest);
}
