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
  readonly sale: boolean;
  readonly partialCapture: boolean;
  readonly multipleCaptures: boolean;
  readonly voidByReference: boolean;
  readonly keyLifeMs: number;
  /** Are error replies remembered under their key, or is the same key tried again? */
  readonly errorsCached: boolean;
  /** Promised to clients, kept by construction: nothing here is booked later than 5 s after its request. */
  readonly absenceFinalAfterMs: number | null;
  readonly settlingMs: number;
  readonly authorizationLifeMs: number;
  readonly deadlineMs: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const contracts: readonly Contract[] = [
  {
    name: 'alder',
    methods: ['card', 'wallet'],
    sale: true,
    partialCapture: true,
    multipleCaptures: true,
    voidByReference: true,
    keyLifeMs: 24 * hour,
    errorsCached: true,
    absenceFinalAfterMs: 20 * second,
    settlingMs: 2 * second,
    authorizationLifeMs: 7 * day,
    deadlineMs: 15 * second,
  },
  {
    name: 'birch',
    methods: ['card', 'wallet'],
    sale: false,
    partialCapture: true,
    multipleCaptures: false,
    voidByReference: false,
    keyLifeMs: hour,
    errorsCached: false,
    absenceFinalAfterMs: 30 * second,
    settlingMs: 3 * second,
    authorizationLifeMs: 5 * day,
    deadlineMs: 15 * second,
  },
  {
    name: 'cedar',
    methods: ['card', 'wallet'],
    sale: true,
    partialCapture: true,
    multipleCaptures: true,
    voidByReference: true,
    keyLifeMs: 30 * minute,
    errorsCached: false,
    absenceFinalAfterMs: null,
    settlingMs: 5 * second,
    authorizationLifeMs: 7 * day,
    deadlineMs: 15 * second,
  },
];

export function findContract(name: string): Contract | undefined {
  return contracts.find((contract) => contract.name === name);
}

/** For names that come from our own rows. */
export function contractOf(name: string): Contract {
  const contract = findContract(name);
  if (contract === undefined) throw new Error(`no contract for provider ${name}`);
  return contract;
}
