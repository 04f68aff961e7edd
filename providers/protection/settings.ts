/** What protection goes by, each with its reason. Milliseconds, unless said. */

/** A call this slow counts as a sign of trouble at once, long before its deadline: opening takes 2 s at most. */
export const slowAfterMs = 1_000;

/** The breaker judges the calls of the last two seconds, so that it can open within them. */
export const samplingMs = 2_000;
/** Fewer calls than this in a second say nothing as a share ... */
export const samplingPerSecondMin = 5;
/** ... more of them than this going wrong do. Below a half: "every second call fails" must be enough. */
export const failureShareMax = 0.4;
/** Where there are few calls, so many bad ones in a row. */
export const failuresInARow = 5;

/** Until the shared state says better; the database knows how often it has opened (`probe_delay`). */
export const retryMs = 5_000;
/** A payment that may probe has this long to arrive, or another one may. */
export const reservationMs = 2_000;
/** Of somebody else's probe, until it is read who and for how long. */
export const othersProbeMs = 1_000;

/** Longer than this nobody is left alone, whatever it asked for: unknowns wait for lookups. */
export const leftAloneMsMax = 600_000;

/**
 * Of a provider that pays merchants as well, the part of its rate and places for the process that pays them:
 * a thousand payouts are never in the way of a refund. Payments have the rest.
 */
export const payoutShare = 0.2;
/** The part of a provider's rate and places that is kept for lookups and voids by reference. */
export const lookupShare = 0.1;
/**
 * Of a rate, so much as a burst and the rest evenly: any one second, wherever it begins, sees at most the
 * whole of it.
 */
export const burstShare = 0.2;
