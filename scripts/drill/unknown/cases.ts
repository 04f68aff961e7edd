/** What may be true of a call whose answer never came, and when anybody can be told. */

export const providers = ['alder', 'birch', 'cedar'] as const;
export type ProviderName = (typeof providers)[number];

export const operations = ['authorize', 'capture', 'void', 'refund'] as const;
export type OperationName = (typeof operations)[number];

export interface Truth {
  readonly name: string;
  /** `lost_reply`: booked, and nobody heard. `error_500`: not booked. */
  readonly fault: 'lost_reply' | 'error_500';
  /** How long lookups get no answer; null: for ever, only a settlement file will say. */
  readonly silentSeconds: number | null;
  readonly providers: readonly ProviderName[];
}

const hour = 3_600;

export const truths: readonly Truth[] = [
  { name: 'done', fault: 'lost_reply', silentSeconds: 0, providers },
  { name: 'not done', fault: 'error_500', silentSeconds: 0, providers },
  { name: 'told after 1 s', fault: 'lost_reply', silentSeconds: 1, providers },
  { name: 'told after 1 h', fault: 'lost_reply', silentSeconds: hour, providers },
  { name: 'told after 3 d', fault: 'lost_reply', silentSeconds: 72 * hour, providers },
  { name: 'absent after 1 h', fault: 'error_500', silentSeconds: hour, providers },
  { name: 'in the file only', fault: 'lost_reply', silentSeconds: null, providers },
  // The silence of files counts where a lookup's no never does; elsewhere the lookup has the last word.
  { name: 'in no file', fault: 'error_500', silentSeconds: null, providers: ['cedar'] },
];

/** As the contracts have them (providers/sandbox/contracts.ts); a test holds the two together. */
export const keyLifeSeconds: Readonly<Record<ProviderName, number>> = {
  alder: 24 * hour,
  birch: hour,
  cedar: hour / 2,
};

export interface KeyWindow {
  readonly name: string;
  readonly provider: ProviderName;
  readonly seconds: number;
}

/** Looked up, and perhaps sent again, so long after the first call: in shares of what its key lives. */
export const keyWindows: readonly KeyWindow[] = providers.flatMap((provider) =>
  [0.45, 0.5, 1, 2].map((share) => ({
    name: `key ${provider} ${String(share)}`,
    provider,
    seconds: Math.round(keyLifeSeconds[provider] * share),
  })),
);

/** One call in doubt. */
export interface Case {
  readonly truth: string;
  readonly provider: ProviderName;
  readonly operation: OperationName;
  readonly paymentId: string;
  /** The attempt or operation. */
  readonly subjectId: string;
}
