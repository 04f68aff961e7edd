import type { ProviderContract } from '../../domain/provider.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What the sandbox's providers promise, in routing order. */
export const sandboxContracts: readonly ProviderContract[] = [
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
