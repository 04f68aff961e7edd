/** What rules look at: fields of a payment and features of risk, flat, by name. A null is a fact not known. */
export type FactType = 'text' | 'number' | 'boolean';
export type FactValue = string | number | boolean | null;
export type Facts = Readonly<Record<string, FactValue>>;

/** Of the payment itself. Amounts are minor units, hours and days (0 is Sunday) in UTC. */
export const paymentFacts = {
  amount: 'number',
  currency: 'text',
  merchant_id: 'text',
  method: 'text',
  wallet: 'text',
  brand: 'text',
  bin: 'text',
  country: 'text',
  email_domain: 'text',
  off_session: 'boolean',
  regulated: 'boolean',
  known_customer: 'boolean',
  capture_method: 'text',
  attempt_number: 'number',
  hour_of_day: 'number',
  day_of_week: 'number',
} as const satisfies Readonly<Record<string, FactType>>;

/** Every fact a rule may name, with its type: features are numbers. */
export function factCatalogue(featureNames: readonly string[]): ReadonlyMap<string, FactType> {
  return new Map<string, FactType>([
    ...featureNames.map((name) => [name, 'number'] as const),
    ...Object.entries(paymentFacts),
  ]);
}

/** As rules compare it, who neither add nor pay it; the database keeps amounts to what a JSON number holds. */
export function comparable(value: bigint): number {
  return Number(value);
}

/** As `unknown` of the features says it. */
const noNumber = -1;

/** Features say a number also where there is nothing to know; no rule may take it for one. */
export function flatFacts(
  features: Readonly<Record<string, number>>,
  payment: Readonly<Record<keyof typeof paymentFacts, FactValue>>,
): Facts {
  const facts: Record<string, FactValue> = {};
  for (const name of Object.keys(features)) {
    const value = features[name] ?? noNumber;
    facts[name] = value === noNumber ? null : value;
  }
  return Object.assign(facts, payment);
}
