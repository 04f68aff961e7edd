import type { Contract } from '../contracts.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * What the bank promises: money is taken or it comes, nothing is held for later. It takes days to say so,
 * and what it says it may take back.
 */
export const bankContract: Contract = {
  name: 'bank',
  methods: ['bank_debit', 'bank_redirect', 'bank_transfer'],
  currencies: ['EUR', 'GBP', 'PLN', 'USD'],
  currenciesByMethod: {
    bank_debit: ['EUR', 'GBP', 'USD'],
    bank_redirect: ['EUR', 'PLN'],
    bank_transfer: ['EUR', 'GBP'],
  },
  exponents: {},
  tokens: 'portable',
  sale: true,
  partialCapture: false,
  multipleCaptures: false,
  incrementalAuthorization: false,
  modifications: 'asynchronous',
  refundWindowMs: 365 * day,
  lookup: true,
  toldWithinMs: null,
  challenges: false,
  disputeAnswers: false,
  payouts: true,
  voidByReference: true,
  keyLifeMs: 24 * hour,
  keyScope: 'account',
  errorsCached: false,
  absenceFinalAfterMs: minute,
  settlementReports: { come: 'fetched', formats: ['day_csv'] },
  settlementCycleMs: day,
  settlingMs: 5 * second,
  // Of an authorization, of which there is none.
  authorizationLifeMs: day,
  authorizationLifeByBrandMs: {},
  connectMs: 5 * second,
  responseMs: 15 * second,
  deadlineMs: 15 * second,
  concurrentMax: 32,
  perSecondMax: 200,
};
