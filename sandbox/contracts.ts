import { adyenContract } from './adyen/contract.ts';
import { bankContract } from './bank/contract.ts';
import { stripeContract } from './stripe/contract.ts';

/**
 * What each named provider promises. Their rules on purpose differ where real ones do, because a
 * client that assumes one behaviour double-charges somewhere.
 *
 * Tender keeps its own copy (`providers/sandbox/contracts.ts`), as it would for a real provider;
 * a test asserts that they agree.
 */
export interface Contract {
  readonly name: string;
  readonly methods: readonly string[];
  readonly currencies: readonly string[] | null;
  /** Of these methods only some of them. */
  readonly currenciesByMethod?: Readonly<Record<string, readonly string[]>>;
  readonly exponents: Readonly<Record<string, number>>;
  readonly tokens: 'portable' | 'own';
  readonly sale: boolean;
  readonly partialCapture: boolean;
  readonly multipleCaptures: boolean;
  readonly incrementalAuthorization: boolean;
  readonly modifications: 'synchronous' | 'asynchronous';
  readonly refundWindowMs: number | null;
  readonly lookup: boolean;
  /** Where it cannot be asked: nothing it has acknowledged is told of later than this. */
  readonly toldWithinMs: number | null;
  /** Is what we answer to a dispute taken: accepted, or with evidence? */
  readonly challenges: boolean;
  readonly disputeAnswers: boolean;
  readonly payouts: boolean;
  readonly voidByReference: boolean;
  readonly keyLifeMs: number;
  readonly keyScope: 'account' | 'company_and_region';
  /** Are error replies remembered under their key, or is the same key tried again? */
  readonly errorsCached: boolean;
  /** Promised to clients, kept by construction: nothing here is booked later than 5 s after its request. */
  readonly absenceFinalAfterMs: number | null;
  readonly settlementReports: { readonly come: 'fetched'; readonly formats: readonly string[] };
  /** From one settlement file to the next. */
  readonly settlementCycleMs: number;
  readonly settlingMs: number;
  readonly authorizationLifeMs: number;
  readonly authorizationLifeByBrandMs: Readonly<Record<string, number>>;
  readonly connectMs: number;
  readonly responseMs: number;
  readonly deadlineMs: number;
  readonly concurrentMax: number;
  readonly perSecondMax: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const contracts: readonly Contract[] = [
  {
    name: 'alder',
    methods: ['card', 'wallet'],
    currencies: null,
    exponents: {},
    tokens: 'portable',
    sale: true,
    partialCapture: true,
    multipleCaptures: true,
    incrementalAuthorization: true,
    modifications: 'synchronous',
    refundWindowMs: 365 * day,
    lookup: true,
    toldWithinMs: null,
    challenges: true,
    disputeAnswers: true,
    payouts: false,
    voidByReference: true,
    keyLifeMs: 24 * hour,
    keyScope: 'account',
    errorsCached: true,
    absenceFinalAfterMs: 20 * second,
    settlementReports: { come: 'fetched', formats: ['day_csv'] },
    settlementCycleMs: day,
    settlingMs: 2 * second,
    authorizationLifeMs: 7 * day,
    authorizationLifeByBrandMs: {
      visa: 7 * day,
      mastercard: 30 * day,
      amex: 7 * day,
      discover: 10 * day,
    },
    connectMs: 5 * second,
    responseMs: 15 * second,
    deadlineMs: 15 * second,
    concurrentMax: 64,
    perSecondMax: 500,
  },
  {
    name: 'birch',
    methods: ['card', 'wallet'],
    currencies: null,
    exponents: {},
    tokens: 'portable',
    sale: false,
    partialCapture: true,
    multipleCaptures: false,
    incrementalAuthorization: false,
    modifications: 'synchronous',
    refundWindowMs: 180 * day,
    lookup: true,
    toldWithinMs: null,
    challenges: true,
    disputeAnswers: true,
    payouts: false,
    voidByReference: false,
    keyLifeMs: hour,
    keyScope: 'account',
    errorsCached: false,
    absenceFinalAfterMs: 30 * second,
    settlementReports: { come: 'fetched', formats: ['day_csv_german'] },
    settlementCycleMs: day,
    settlingMs: 3 * second,
    authorizationLifeMs: 5 * day,
    authorizationLifeByBrandMs: { visa: 4 * day + 18 * hour, mastercard: 7 * day },
    connectMs: 5 * second,
    responseMs: 15 * second,
    deadlineMs: 15 * second,
    concurrentMax: 64,
    perSecondMax: 500,
  },
  {
    name: 'cedar',
    methods: ['card', 'wallet'],
    currencies: null,
    exponents: {},
    tokens: 'portable',
    sale: true,
    partialCapture: true,
    multipleCaptures: true,
    incrementalAuthorization: false,
    modifications: 'synchronous',
    refundWindowMs: null,
    lookup: true,
    toldWithinMs: null,
    challenges: true,
    disputeAnswers: true,
    payouts: false,
    voidByReference: true,
    keyLifeMs: 30 * minute,
    keyScope: 'account',
    errorsCached: false,
    absenceFinalAfterMs: null,
    settlementReports: { come: 'fetched', formats: ['cedar_jsonl'] },
    settlementCycleMs: day,
    settlingMs: 5 * second,
    authorizationLifeMs: 7 * day,
    authorizationLifeByBrandMs: { visa: 10 * day, mastercard: 30 * day, discover: 30 * day },
    connectMs: 5 * second,
    responseMs: 15 * second,
    deadlineMs: 15 * second,
    concurrentMax: 64,
    perSecondMax: 500,
  },
];

/** Networks differ: how long an authorization of this card stands, from the moment it was given. */
export function authorizationLifeMs(contract: Contract, brand: string | null): number {
  return contract.authorizationLifeByBrandMs[brand ?? ''] ?? contract.authorizationLifeMs;
}
/** Fronts speak somebody else's HTTP over the same books. */
const fronts: readonly Contract[] = [stripeContract, adyenContract];

export function findContract(name: string): Contract | undefined {
  return [...contracts, bankContract, ...fronts].find((contract) => contract.name === name);
}

/** For names that come from our own rows. */
export function contractOf(name: string): Contract {
  const contract = findContract(name);
  if (contract === undefined) throw new Error(`no contract for provider ${name}`);
  return contract;
}
