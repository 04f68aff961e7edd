/** What is asked of the API in a day, and by whom: drawn from a seed, in the order of time. */

/** Who means no harm, or which attack it belongs to. */
export const attackNames = ['one_device', 'distributed', 'slow'] as const;
export type AttackName = (typeof attackNames)[number];

export interface Card {
  readonly fingerprint: string;
  readonly bin: string;
}

/** One try; those of one `visit` are on one payment. */
export interface Ask {
  /** Seconds since the day began. */
  readonly at: number;
  readonly visit: string;
  /** Place in `shops`. */
  readonly merchant: number;
  readonly attack: AttackName | null;
  /** Minor units. */
  readonly amount: number;
  readonly email: string;
  readonly device: string;
  readonly ip: string;
  readonly card: Card;
  /** What the issuer says. */
  readonly token: string;
}

export interface Shop {
  readonly name: string;
  /** Of all good visits. */
  readonly share: number;
  /** Of first tries. */
  readonly declines: number;
  readonly returning: number;
  /** Minor units: one of these, or between the two. */
  readonly amounts: readonly number[] | { readonly from: number; readonly to: number };
  /** Of its visits, those that come through one browser of its own. */
  readonly callCentre: number;
}

export const shops: readonly Shop[] = [
  { name: 'clothes', share: 0.3, declines: 0.08, returning: 0.5, amounts: { from: 1_500, to: 20_000 }, callCentre: 0 }, // prettier-ignore
  { name: 'games', share: 0.25, declines: 0.1, returning: 0.7, amounts: [99, 199, 499, 999, 1_999], callCentre: 0 }, // prettier-ignore
  { name: 'groceries', share: 0.2, declines: 0.06, returning: 0.8, amounts: { from: 300, to: 9_000 }, callCentre: 0 }, // prettier-ignore
  // Always has many declines.
  { name: 'dating', share: 0.15, declines: 0.35, returning: 0.5, amounts: [990, 2_990, 4_990], callCentre: 0 }, // prettier-ignore
  { name: 'travel', share: 0.1, declines: 0.12, returning: 0.2, amounts: { from: 8_000, to: 90_000 }, callCentre: 0.5 }, // prettier-ignore
];

export const daySeconds = 86_400;
export const approved = ['tok_visa', 'tok_mastercard'] as const;
export const refused = ['tok_declined_do_not_honor', 'tok_declined_insufficient_funds'] as const;

const bins = 60;
/** The first ones often, the last ones rarely. `draw` is in [0, 1). */
export function binOf(draw: number): string {
  return String(400_000 + 137 * Math.floor(bins * draw ** 2));
}
