/** The provider port of payouts: money that leaves our account there. */
import type { Currency } from './currency.ts';
import type { ProviderOutcome } from './provider.ts';

export interface PayoutRequest {
  /** Our reference: the payout's id. */
  readonly reference: string;
  readonly idempotencyKey: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  /** The account as the provider knows it: its token, never its number. */
  readonly account: string;
}

export interface PaysOut {
  /**
   * Sends money from our account there to somebody else's. `approved` only once it has arrived; what comes
   * back after that is found `declined`, with the provider's code `payout_returned`.
   */
  payOut(request: PayoutRequest): Promise<ProviderOutcome>;
}
