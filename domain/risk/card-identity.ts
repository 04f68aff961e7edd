import type { PaymentMethod } from '../payment-state.ts';

/**
 * What an attempt keeps of the card beside the token it is charged by, so that its past can be made again when
 * the payment has another card by then. Of tokens by provider, that of the first by name stands for the card,
 * as in `risk_entities` (0064).
 */
export function cardIdentity({
  fingerprint,
  bin,
  tokens = {},
}: PaymentMethod): Pick<PaymentMethod, 'fingerprint' | 'bin'> {
  const [first] = Object.keys(tokens).sort();
  const known = fingerprint ?? (first === undefined ? undefined : tokens[first]);
  return {
    ...(known !== undefined && { fingerprint: known }),
    ...(bin !== undefined && { bin }),
  };
}
