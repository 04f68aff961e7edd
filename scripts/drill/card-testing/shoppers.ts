/**
 * A day of good payments at five shops: the curve of a day, who comes again and who is new, people behind one
 * address (an office, a carrier, a call centre's browser), an hour of sale, a shop with many declines, and
 * shoppers who try again after a no.
 */
import { createRandom, type Random } from '../random.ts';
import { approved, binOf, daySeconds, refused, shops, type Ask, type Card, type Shop } from './asks.ts'; // prettier-ignore

/** Of all visits, by the hour of the day. */
const curve = [2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7, 6, 5, 5, 6, 7, 8, 9, 8, 6, 4, 3];
const saleSeconds = 600;
/** Of a shop's visits of the day, in those ten minutes besides. */
const saleShare = 0.08;
const triesMax = 4;

interface Shopper {
  readonly email: string;
  readonly device: string;
  readonly ip: string;
  readonly cards: readonly [Card, Card];
}

/** `count`: good visits, the sale not counted. */
export function drawShoppers(seed: number, count: number): readonly Ask[] {
  const random = createRandom('shoppers', seed);
  const sale = { shop: random.pick([0, 1, 2]), at: random.between(10, 20) * 3_600 };
  return shops.flatMap((shop, merchant) => {
    const visits = Math.round(count * shop.share);
    const people = crowd(random, shop, Math.ceil(visits / 3));
    const times = Array.from({ length: visits }, () => timeOf(random));
    if (merchant === sale.shop) {
      const more = Math.round(visits * saleShare);
      for (let n = 0; n < more; n += 1) times.push(sale.at + random.next() * saleSeconds);
    }
    return times.flatMap((at, n) => {
      const shopper = random.chance(shop.returning)
        ? people(Math.floor(random.next() ** 2 * (visits / 3)))
        : people(visits + n);
      return visit(random, shop, shopper, { at, merchant, name: `${shop.name} ${String(n)}` });
    });
  });
}

function timeOf(random: Random): number {
  let left = random.next() * curve.reduce((sum, weight) => sum + weight, 0);
  const hour = curve.findIndex((weight) => (left -= weight) < 0);
  return (Math.max(hour, 0) + random.next()) * 3_600;
}

/** The same number is the same shopper. */
function crowd(random: Random, shop: Shop, size: number): (n: number) => Shopper {
  const known = new Map<number, Shopper>();
  return (n) => {
    const found = known.get(n) ?? newShopper(random, shop, n);
    if (n < size) known.set(n, found);
    return found;
  };
}

function newShopper(random: Random, { name, callCentre }: Shop, n: number): Shopper {
  const who = `${name}-${String(n)}`;
  const card = (of: number): Card => ({ fingerprint: `${who}-${String(of)}`, bin: binOf(random.next()) }); // prettier-ignore
  const person = { email: `${who}@example.com`, cards: [card(0), card(1)] as const };
  if (random.chance(callCentre)) {
    return { ...person, device: `${name}-call-centre`, ip: '198.51.100.7' };
  }
  return { ...person, device: `browser-${who}`, ip: addressOf(random) };
}

/** A carrier's few addresses, an office's one, else a home's own. */
function addressOf(random: Random): string {
  const draw = random.next();
  if (draw < 0.25) return `100.64.0.${String(1 + Math.floor(12 * random.next() ** 2))}`;
  if (draw < 0.29) return '192.0.2.10';
  return `81.${[1, 2, 3].map(() => random.between(1, 254)).join('.')}`;
}

function visit(
  random: Random,
  { declines, amounts }: Shop,
  shopper: Shopper,
  { at: from, merchant, name }: { at: number; merchant: number; name: string },
): readonly Ask[] {
  const amount = drawAmount(random, amounts);
  const { email, device, ip, cards } = shopper;
  const asks: Ask[] = [];
  let [at, chance] = [from, declines];
  for (let n = 0; n < triesMax && at < daySeconds; n += 1) {
    const isRefused = random.chance(chance);
    const card = cards[n > 0 && random.chance(0.4) ? 1 : 0];
    const token = random.pick(isRefused ? refused : approved);
    asks.push({ at, visit: name, merchant, attack: null, amount, email, device, ip, card, token });
    if (!isRefused || random.chance(0.4)) break;
    [chance, at] = [0.5, at + random.between(20, 120)];
  }
  return asks;
}

function drawAmount(random: Random, amounts: Shop['amounts']): number {
  if ('from' in amounts) return random.between(amounts.from, amounts.to);
  return amounts[random.between(0, amounts.length - 1)] ?? 0;
}
