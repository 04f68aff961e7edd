/**
 * Three ways to test stolen cards, each at a shop of its own and at a time that nobody is told:
 * - `one_device`: fast, many cards from one browser and address, small amounts, guests;
 * - `distributed`: browsers and addresses change with each card; cards of one BIN, one small amount;
 * - `slow`: a list of cards of many banks over hours, a new browser and e-mail for each, amounts as the shop
 *   has them, from the addresses of one rented server (an IPv6 /64).
 */
import { createRandom, type Random } from '../random.ts';
import { approved, binOf, refused, shops, type Ask, type AttackName, type Card } from './asks.ts';

interface Shape {
  readonly tries: number;
  /** Seconds from one try to the next. */
  readonly every: readonly [number, number];
  readonly declines: number;
  /** Hours of the day between which it begins. */
  readonly begins: readonly [number, number];
  readonly of: (random: Random, n: number) => Omit<Ask, 'at' | 'visit' | 'merchant' | 'attack' | 'token'>; // prettier-ignore
}

const cardOf = (attack: AttackName, n: number, bin: string): Card => ({
  fingerprint: `stolen-${attack}-${String(n)}`,
  bin,
});
const address = (random: Random): string =>
  `${String(random.between(11, 79))}.${[1, 2, 3].map(() => random.between(1, 254)).join('.')}`;
const word = (random: Random): string => random.between(0, 2 ** 40).toString(36);
/** One that good shoppers have as well. */
const testedBin = binOf(0.3);

const shapes: Readonly<Record<AttackName, Shape>> = {
  one_device: {
    ...{ tries: 250, every: [1, 3], declines: 0.9, begins: [5, 22] },
    of: (random, n) => ({
      ...{ device: 'tester', ip: '203.0.113.66', email: `${word(random)}@mail.example` },
      ...{ amount: random.between(50, 300), card: cardOf('one_device', n, binOf(random.next())) },
    }),
  },
  distributed: {
    ...{ tries: 250, every: [1, 5], declines: 0.88, begins: [5, 22] },
    of: (random, n) => ({
      ...{ device: `bot-${word(random)}`, ip: address(random), email: `${word(random)}@mail.example` }, // prettier-ignore
      ...{ amount: 100, card: cardOf('distributed', n, testedBin) },
    }),
  },
  slow: {
    ...{ tries: 200, every: [45, 120], declines: 0.8, begins: [4, 18] },
    of: (random, n) => ({
      device: `phone-${word(random)}`,
      ip: `2001:db8:66:1::${random.between(1, 65_535).toString(16)}`,
      email: `anna.smith${String(n + 100)}@mail.example`,
      amount: random.between(900, 6_000),
      card: cardOf('slow', n, binOf(random.next())),
    }),
  },
};

/** `tries`: at most so many of each. */
export function drawAttacks(
  seed: number,
  names: readonly AttackName[],
  tries = Infinity,
): readonly Ask[] {
  const random = createRandom('attacks', seed);
  const places = shuffled(random, [...shops.keys()]);
  return names.flatMap((attack, place) => {
    const shape = shapes[attack];
    let at = (shape.begins[0] + random.next() * (shape.begins[1] - shape.begins[0])) * 3_600;
    return Array.from({ length: Math.min(shape.tries, tries) }, (_, n) => {
      at += shape.every[0] + random.next() * (shape.every[1] - shape.every[0]);
      const token = random.pick(random.chance(shape.declines) ? refused : approved);
      const visit = `${attack} ${String(n)}`;
      return { ...shape.of(random, n), at, visit, merchant: places[place] ?? 0, attack, token };
    });
  });
}

function shuffled(random: Random, items: readonly number[]): readonly number[] {
  return items
    .map((item) => ({ item, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
