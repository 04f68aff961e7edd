/** Every duration Tender decides by, in milliseconds, with its reason. */

/** Default of `submit_within_seconds`: a shopper who has left is not charged hours later. */
export const submitWithinMsDefault = 300_000;
/** A declined payment takes further attempts for this long. */
export const paymentLifetimeMs = 24 * 3_600_000;
export const attemptsMax = 10;
/** What expired is authorized again for so long: beyond it a shopper would not know what it is for. */
export const reauthorizeWithinMs = 30 * 24 * 3_600_000;
/** An authorization is raised this often at most, as networks have it. */
export const incrementsMax = 10;

/** From commit 2 to the moment the request must have left; past it the permit is void. */
export const sendWithinMs = 2_000;
/** A call without a recorded outcome is looked up after this; above the workflow task timeout of 5 s. */
export const unansweredAfterMs = 6_000;
/** A 3-D Secure or bank page not finished by then is looked up, then ended. */
export const actionWithinMs = 15 * 60_000;
/** A debit may be taken back by its payer for eight weeks: looked at so often, should its event be lost. */
export const debitLookMs = 7 * 24 * 3_600_000;
export const debitReturnableMs = 8 * 7 * 24 * 3_600_000;
/** A transfer is made when somebody gets round to it; banks need days, and weekends pass. */
export const transferWithinMs = 14 * 24 * 3_600_000;
/** Money may have come although its event was lost: looked at so often while it is waited for. */
export const transferLookMs = 6 * 3_600_000;
/** And so often afterwards, for so long: some send twice, or late. */
export const transferWatchMs = 24 * 3_600_000;
export const transferWatchedForMs = 30 * 24 * 3_600_000;
/**
 * A capture refused without a reason this close before the end of its authorization asks what became of
 * that: the provider's clock began when it said yes, ours when that was recorded.
 */
export const expiryDoubtMs = 60_000;
/** An expiry that the provider refused, or that had to stand back, is tried again after this. */
export const retryExpiryMs = 3_600_000;
/** A request for a second person's approval lapses after this, and what it had reserved is free again. */
export const approvalLifeMs = 7 * 24 * 3_600_000;
/** Before a dispute's last day its merchant is told this often that nobody has answered, longest first. */
export const disputeReminderLeads = [7, 3, 1].map((days) => days * 24 * 3_600_000);
/** An event's own word is taken once no lookup could say for so long; at once where none ever can. */
export const claimCountsAfterMs = 60_000;
/** An attempt closed by absence is looked up once more. */
export const lookAgainAfterMs = 24 * 3_600_000;

/** An unknown this old, whose next lookup is this far away, is put before a person. */
export const parkAfterMs = 24 * 3_600_000;

const lookupDelaysMs = [
  1_000,
  2_000,
  4_000,
  8_000,
  15_000,
  30_000,
  60_000,
  300_000,
  900_000,
  3_600_000,
  4 * 3_600_000,
  12 * 3_600_000,
  24 * 3_600_000,
] as const;

/** Stretched from seconds to days; the last delay repeats: an unknown is never given up by clock alone. */
export function lookupDelayMs(lookups: number): number {
  return lookupDelaysMs[Math.min(lookups, lookupDelaysMs.length - 1)] ?? 24 * 3_600_000;
}

/** Not before the provider wants to be asked; one that wants years is asked every day all the same. */
export function nextLookMs(lookups: number, retryAfterMs = 0): number {
  return Math.max(lookupDelayMs(lookups), Math.min(retryAfterMs, 24 * 3_600_000));
}

const resendDelaysMs = [500, 1_000, 2_000, 5_000, 15_000, 60_000, 300_000, 3_600_000] as const;

/** Wait before asking again for an operation of which it is certain that it never left us. */
export function resendDelayMs(sentCount: number): number {
  return resendDelaysMs[Math.min(sentCount, resendDelaysMs.length - 1)] ?? 3_600_000;
}

/** A run waits this long at most for something due; later work ends the run and `wake_at` starts another. */
export const waitInRunMsMax = 60_000;
