import type { Contract } from '../contracts.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What the Adyen-speaking front promises: what Adyen does. */
export const adyenContract: Contract = {
  name: 'adyen',
  methods: ['card'],
  currencies: null,
  exponents: { CLP: 2, IDR: 0, ISK: 2 },
  tokens: 'own',
  sale: false,
  partialCapture: true,
  multipleCaptures: false,
  incrementalAuthorization: false,
  modifications: 'asynchronous',
  refundWindowMs: null,
  lookup: false,
  toldWithinMs: 5 * day,
  challenges: true,
  disputeAnswers: false,
  payouts: false,
  voidByReference: false,
  keyLifeMs: 7 * day,
  keyScope: 'company_and_region',
  errorsCached: true,
  absenceFinalAfterMs: null,
  settlementReports: { come: 'fetched', formats: ['adyen_settlement_details'] },
  settlementCycleMs: 24 * hour,
  settlingMs: 10 * second,
  authorizationLifeMs: 7 * day,
  authorizationLifeByBrandMs: { visa: 4 * day + 18 * hour },
  connectMs: 5 * second,
  responseMs: 20 * second,
  deadlineMs: 20 * second,
  concurrentMax: 32,
  perSecondMax: 50,
};
