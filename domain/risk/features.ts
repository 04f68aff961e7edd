/**
 * What is known of a payment at the moment it is judged, as numbers. The same code makes them from what
 * PostgreSQL keeps and from what training replays, so a model meets in service what it has learned from.
 *
 * Only what was before the payment counts, and the payment itself where a name says so. `unknown` (-1) stands
 * where the payment does not name the entity, and for a distance from something that never was.
 */
import {
  countedDelayed,
  countedWithin,
  type Counted,
  type Counters,
  type CountersWindow,
} from './counters.ts';
import {
  agedEntities,
  shopperEntities,
  type Past,
  type PaymentFacts,
  type ShopperEntity,
  type ShopperPast,
} from './past.ts';

export const unknown = -1;

const windowMs = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 }; // prettier-ignore

const ofPayment = ['amount', 'is_weekend', 'is_night'] as const;
const attemptsIn = ['1m', '1h', '1d', '7d', '30d'] as const;
const declinesIn = ['1h', '1d', '7d'] as const;
const amountsIn = ['1h', '1d', '30d'] as const;
const averagesIn = ['1d', '7d', '30d'] as const;
const cardsIn = ['1h', '1d'] as const;
const atOnceIn = ['1m', '1h', '1d'] as const;
const sameAmountIn = ['1m', '1h'] as const;
/** What a card may be one of many for. */
const manyCards = ['customer', 'email', 'device', 'ip'] as const;
const delayedDays = { '1d': 1, '7d': 7, '30d': 30 } as const;

export type FeatureName =
  | (typeof ofPayment)[number]
  | `customer_${'count' | 'average'}_${(typeof averagesIn)[number]}`
  | `merchant_${'count' | 'risk'}_${(typeof averagesIn)[number]}`
  | `${ShopperEntity}_attempts_${(typeof attemptsIn)[number]}`
  | `${ShopperEntity}_declines_${(typeof declinesIn)[number]}`
  | `${ShopperEntity}_amount_${(typeof amountsIn)[number]}`
  | `${ShopperEntity}_frauds_30d`
  | `${ShopperEntity}_seconds_since_last`
  | `${(typeof agedEntities)[number]}_seconds_since_first`
  | `${(typeof manyCards)[number]}_cards_${(typeof cardsIn)[number]}`
  | `merchant_attempts_${(typeof attemptsIn)[number]}`
  | `merchant_amount_${(typeof amountsIn)[number]}`
  | `bin_attempts_${(typeof atOnceIn)[number]}`
  | `${'merchant' | 'bin'}_declines_${(typeof atOnceIn)[number]}`
  | `bin_risk_${(typeof averagesIn)[number]}`
  | `same_amount_attempts_${(typeof sameAmountIn)[number]}`;

export type FeatureVector = Readonly<Record<FeatureName, number>>;
type Values = Record<FeatureName, number>;

function named<P extends string, W extends string>(
  prefix: P,
  windows: readonly W[],
): readonly `${P}_${W}`[] {
  return windows.map((window) => `${prefix}_${window}` as const);
}

function namesOf(entity: ShopperEntity): readonly FeatureName[] {
  return [
    ...named(`${entity}_attempts`, attemptsIn),
    ...named(`${entity}_declines`, declinesIn),
    ...named(`${entity}_amount`, amountsIn),
    `${entity}_frauds_30d`,
    `${entity}_seconds_since_last`,
    ...(entity === 'card' ? [] : named(`${entity}_cards`, cardsIn)),
  ];
}
const namesByEntity = Object.fromEntries(
  shopperEntities.map((entity) => [entity, namesOf(entity)]),
) as Readonly<Record<ShopperEntity, readonly FeatureName[]>>;

/** All there are, in a fixed order; a stored vector may lack those that are newer than it. */
export const featureNames: readonly FeatureName[] = Object.freeze([
  ...ofPayment,
  ...named('customer_count', averagesIn),
  ...named('customer_average', averagesIn),
  ...named('merchant_count', averagesIn),
  ...named('merchant_risk', averagesIn),
  ...shopperEntities.flatMap(namesOf),
  ...agedEntities.map((entity) => `${entity}_seconds_since_first` as const),
  ...named('merchant_attempts', attemptsIn),
  ...named('merchant_declines', atOnceIn),
  ...named('merchant_amount', amountsIn),
  ...named('bin_attempts', atOnceIn),
  ...named('bin_declines', atOnceIn),
  ...named('bin_risk', averagesIn),
  ...named('same_amount_attempts', sameAmountIn),
]);

const blank = Object.fromEntries(featureNames.map((name) => [name, unknown])) as Values;

/** `past` is that of `asOf`, in ms since the epoch. Amounts are major units of the payment's own currency. */
export function featuresOf(facts: PaymentFacts, past: Past, asOf: number): FeatureVector {
  const values: Values = { ...blank };
  const when = new Date(asOf);
  values.amount = facts.amount / 100;
  values.is_weekend = [0, 6].includes(when.getUTCDay()) ? 1 : 0;
  values.is_night = when.getUTCHours() <= 6 ? 1 : 0;
  for (const entity of shopperEntities) {
    const of = past[entity];
    if (of !== null) describeShopper(values, entity, of, asOf);
  }
  for (const entity of agedEntities) {
    values[`${entity}_seconds_since_first`] = since(past[entity]?.firstAt ?? null, asOf);
  }
  describeManyCards(values, facts.card, past, asOf);
  describeCustomer(values, facts.amount, past.customer, asOf);
  describeMerchant(values, past.merchant, asOf);
  if (past.bin !== null) describeBin(values, past.bin, asOf);
  for (const window of sameAmountIn) {
    const counted = past.sameAmount && countedWithin(past.sameAmount, window, asOf);
    values[`same_amount_attempts_${window}`] = counted === null ? unknown : counted.attempts;
  }
  return values;
}

function describeShopper(
  values: Values,
  entity: ShopperEntity,
  { events }: ShopperPast,
  asOf: number,
): void {
  for (const name of namesByEntity[entity]) values[name] = 0;
  let lastAt: number | null = null;
  for (const { kind, at, amount } of events) {
    const age = asOf - at;
    if (kind === 'fraud') values[`${entity}_frauds_30d`] += 1;
    if (kind === 'declined') {
      for (const w of declinesIn) if (age < windowMs[w]) values[`${entity}_declines_${w}`] += 1;
    }
    if (kind !== 'attempt') continue;
    lastAt ??= at;
    for (const w of attemptsIn) if (age < windowMs[w]) values[`${entity}_attempts_${w}`] += 1;
    for (const w of amountsIn) if (age < windowMs[w]) values[`${entity}_amount_${w}`] += amount;
  }
  for (const w of amountsIn) values[`${entity}_amount_${w}`] /= 100;
  values[`${entity}_seconds_since_last`] = since(lastAt, asOf);
}

function since(at: number | null, asOf: number): number {
  return at === null ? unknown : (asOf - at) / 1_000;
}

/** Different ones, this payment's among them. */
function describeManyCards(values: Values, card: number | null, past: Past, asOf: number): void {
  for (const entity of manyCards) {
    const of = past[entity];
    if (of === null) continue;
    for (const window of cardsIn) {
      const cards = new Set<number>(card === null ? [] : [card]);
      for (const event of of.events) {
        if (event.kind !== 'attempt' || event.card === null) continue;
        if (asOf - event.at < windowMs[window]) cards.add(event.card);
      }
      values[`${entity}_cards_${window}`] = cards.size;
    }
  }
}

/** This payment among them, as in the handbook whose names they have. */
function describeCustomer(
  values: Values,
  amount: number,
  past: ShopperPast | null,
  asOf: number,
): void {
  for (const window of averagesIn) {
    let [attempts, sum] = [1, amount];
    for (const event of past?.events ?? []) {
      if (event.kind !== 'attempt' || asOf - event.at >= windowMs[window]) continue;
      attempts += 1;
      sum += event.amount;
    }
    values[`customer_count_${window}`] = attempts;
    values[`customer_average_${window}`] = sum / attempts / 100;
  }
}

function describeMerchant(values: Values, counters: Counters, asOf: number): void {
  const within = (window: CountersWindow): Counted => countedWithin(counters, window, asOf);
  for (const w of attemptsIn) values[`merchant_attempts_${w}`] = within(w).attempts;
  for (const w of atOnceIn) values[`merchant_declines_${w}`] = within(w).declines;
  for (const w of amountsIn) values[`merchant_amount_${w}`] = within(w).amount / 100;
  for (const w of averagesIn) {
    const { attempts, frauds } = countedDelayed(counters, delayedDays[w], asOf);
    values[`merchant_count_${w}`] = attempts;
    values[`merchant_risk_${w}`] = attempts === 0 ? 0 : frauds / attempts;
  }
}

function describeBin(values: Values, counters: Counters, asOf: number): void {
  const within = (window: CountersWindow): Counted => countedWithin(counters, window, asOf);
  for (const w of atOnceIn) {
    values[`bin_attempts_${w}`] = within(w).attempts;
    values[`bin_declines_${w}`] = within(w).declines;
  }
  for (const w of averagesIn) {
    const { attempts, frauds } = countedDelayed(counters, delayedDays[w], asOf);
    values[`bin_risk_${w}`] = attempts === 0 ? 0 : frauds / attempts;
  }
}
