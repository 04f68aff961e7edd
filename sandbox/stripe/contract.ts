import type { Contract } from '../contracts.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What the Stripe-speaking front promises: what Stripe does. */
export const stripeContract: Contract = {
  name: 'stripe',
  methods: ['card', 'wallet'],
  currencies: null,
  exponents: { ISK: 2 },
  tokens: 'own',
  sale: true,
  partialCapture: true,
  multipleCaptures: false,
  incrementalAuthorization: false,
  modifications: 'synchronous',
  refundWindowMs: null,
  lookup: true,
  toldWithinMs: null,
  challenges: true,
  disputeAnswers: false,
  payouts: false,
  voidByReference: false,
  keyLifeMs: 24 * hour,
  keyScope: 'account',
  errorsCached: true,
  absenceFinalAfterMs: hour,
  settlementReports: {
    come: 'fetched',
    formats: ['stripe_balance_transactions', 'stripe_itemized_csv'],
  },
  settlementCycleMs: 24 * hour,
  settlingMs: 10 * second,
  authorizationLifeMs: 7 * day,
  authorizationLifeByBrandMs: { visa: 4 * day + 18 * hour },
  connectMs: 5 * second,
  responseMs: 20 * second,
  deadlineMs: 20 * second,
  concurrentMax: 32,
  perSecondMax: 80,
};
