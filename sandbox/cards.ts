/** Card numbers and magic tokens, and how the sandbox behaves when it is given one. */

const behaviours = [
  'approve',
  'insufficient_funds',
  'do_not_honor',
  'challenge',
  'lost_reply',
  'refused_connection',
  'issuer_unavailable',
  'error_500',
  'slow',
  'late_success',
] as const;

export type Behaviour = (typeof behaviours)[number];

export function readBehaviour(text: string | undefined): Behaviour | null {
  return behaviours.find((known) => known === text) ?? null;
}

export interface Card {
  readonly brand: string;
  readonly last4: string;
  readonly behaviour: Behaviour;
}

/** Need no call to POST /tokens. */
export const magicTokens: Readonly<Record<string, Card>> = {
  tok_visa: { brand: 'visa', last4: '4242', behaviour: 'approve' },
  tok_mastercard: { brand: 'mastercard', last4: '4444', behaviour: 'approve' },
  tok_declined_insufficient_funds: {
    brand: 'visa',
    last4: '9995',
    behaviour: 'insufficient_funds',
  },
  tok_declined_do_not_honor: { brand: 'visa', last4: '0002', behaviour: 'do_not_honor' },
  tok_3ds: { brand: 'visa', last4: '3220', behaviour: 'challenge' },
  tok_lost_reply: { brand: 'visa', last4: '0341', behaviour: 'lost_reply' },
  tok_refused_connection: { brand: 'visa', last4: '0259', behaviour: 'refused_connection' },
  tok_declined_issuer_unavailable: {
    brand: 'visa',
    last4: '0127',
    behaviour: 'issuer_unavailable',
  },
  tok_error_500: { brand: 'visa', last4: '0119', behaviour: 'error_500' },
  tok_slow: { brand: 'visa', last4: '0077', behaviour: 'slow' },
  tok_late_success: { brand: 'visa', last4: '0101', behaviour: 'late_success' },
  // Approves here: that it is risky is for Tender to find.
  tok_risky: { brand: 'visa', last4: '9235', behaviour: 'approve' },
};

/** Any other number that passes the Luhn check approves. */
const numberBehaviours: Readonly<Record<string, Behaviour>> = {
  '4000000000009995': 'insufficient_funds',
  '4000000000000002': 'do_not_honor',
  '4000000000003220': 'challenge',
  '4000000000000341': 'lost_reply',
  '4000000000000259': 'refused_connection',
  '4000000000000127': 'issuer_unavailable',
  '4000000000000119': 'error_500',
  '4000000000000077': 'slow',
  '4000000000000101': 'late_success',
};

const brands: readonly (readonly [RegExp, string])[] = [
  [/^4/, 'visa'],
  [/^(5[1-5]|2[2-7])/, 'mastercard'],
  [/^3[47]/, 'amex'],
  [/^(6011|65|64[4-9])/, 'discover'],
  [/^35/, 'jcb'],
  [/^3[068]/, 'diners'],
  [/^62/, 'unionpay'],
];

export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (const [index, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** Null: not a card number. */
export function readCard(number: string): Card | null {
  const digits = number.replaceAll(/[ -]/g, '');
  if (!/^\d{12,19}$/.test(digits) || !passesLuhn(digits)) return null;
  return {
    brand: brands.find(([pattern]) => pattern.test(digits))?.[1] ?? 'unknown',
    last4: digits.slice(-4),
    behaviour: numberBehaviours[digits] ?? 'approve',
  };
}
