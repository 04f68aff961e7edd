import type { ProviderContract } from '../../domain/provider.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What Stripe promises (API version in `client.ts`), as far as its documentation says so. */
export const stripeContract = {
  name: 'stripe',
  methods: ['card', 'wallet'],
  currencies: null,
  // "Zero-decimal" to its holders, two digits in the API. HUF and TWD have two here as in ISO 4217:
  // that they are zero-decimal concerns payouts alone. (UGX is like ISK, and is not taken.)
  exponents: { ISK: 2 },
  tokens: 'own',
  sale: true,
  partialCapture: true,
  // Multicapture is for accounts on another pricing; a capture is final without it.
  multipleCaptures: false,
  incrementalAuthorization: false,
  challenges: true,
  disputeAnswers: false,
  payouts: false,
  modifications: 'synchronous',
  refundWindowMs: null,
  lookup: true,
  toldWithinMs: null,
  // It can cancel what it shows, but keeps nothing out that arrives later.
  voidByReference: false,
  keyLifeMs: 24 * hour,
  keyScope: 'account',
  errorsCached: true,
  // Lists are fresh (only search lags), and no request of ours is worked on for longer than minutes.
  absenceFinalAfterMs: hour,
  settlementReports: {
    come: 'fetched',
    formats: ['stripe_balance_transactions', 'stripe_itemized_csv'],
  },
  settlementCycleMs: 24 * hour,
  // Nothing final follows from it: a resend carries the same key, which Stripe holds while it works.
  settlingMs: 10 * second,
  authorizationLifeMs: 7 * day,
  // Where the merchant began the payment, else 7 days. The contract cannot know which: the shorter.
  authorizationLifeByBrandMs: { visa: 4 * day + 18 * hour },
  connectMs: 5 * second,
  responseMs: 20 * second,
  deadlineMs: 20 * second,
  concurrentMax: 32,
  perSecondMax: 80,
} as const satisfies ProviderContract;
