import type { ProviderContract } from '../../domain/provider.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What Adyen promises (Checkout API version in `client.ts`), as far as its documentation says so. */
export const adyenContract = {
  name: 'adyen',
  methods: ['card'],
  currencies: null,
  // Adyen's own table of decimals differs from ISO 4217 here (and in CVE, which is not taken).
  exponents: { CLP: 2, IDR: 0, ISK: 2 },
  tokens: 'own',
  // An immediate capture is still told by an event of its own: asked for apart, it has its own outcome.
  sale: false,
  partialCapture: true,
  // For accounts it was enabled on; without, a partial capture gives back the rest.
  multipleCaptures: false,
  // Its amount updates take the new total and only of pre-authorizations, which ours are not.
  incrementalAuthorization: false,
  challenges: true,
  disputeAnswers: false,
  payouts: false,
  modifications: 'asynchronous',
  refundWindowMs: null,
  lookup: false,
  // It repeats an event for days; beyond that and a long weekend nothing is coming.
  toldWithinMs: 5 * day,
  // A technical cancel voids what is there, told by an event; it keeps nothing out that arrives later.
  voidByReference: false,
  // Its pages have named 7 and 31 days: the shorter.
  keyLifeMs: 7 * day,
  keyScope: 'company_and_region',
  errorsCached: true,
  absenceFinalAfterMs: null,
  settlementReports: { come: 'fetched', formats: ['adyen_settlement_details'] },
  settlementCycleMs: 24 * hour,
  settlingMs: 10 * second,
  authorizationLifeMs: 7 * day,
  // Where the merchant began the payment, else 7 days. The contract cannot know which: the shorter.
  authorizationLifeByBrandMs: { visa: 4 * day + 18 * hour },
  connectMs: 5 * second,
  responseMs: 20 * second,
  deadlineMs: 20 * second,
  concurrentMax: 32,
  perSecondMax: 50,
} as const satisfies ProviderContract;
