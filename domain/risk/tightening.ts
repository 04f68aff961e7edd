/**
 * What is done by itself about an attack: to the payment that stands in it, and by entries on the lists of the
 * merchant under it, which end by themselves. A browser or person is blocked; what many good people share is
 * only challenged, which they pass and testers do not. All of a merchant's shoppers are the last to be: only
 * for an attack that nothing narrower explains.
 */
import { detectorNames, type Detection, type DetectorName } from './detectors.ts';
import type { EntityKind } from './lists.ts';

export interface Tightening {
  /** To the payment itself. */
  readonly action: 'challenge' | 'block';
  readonly list: 'challenge' | 'block' | 'watch';
  readonly entity: EntityKind;
  /** As lists name it. */
  readonly value: string;
  readonly expiresInMs: number;
  readonly detector: DetectorName;
  readonly reason: string;
}

const minuteMs = 60_000;

type Measure = Pick<Tightening, 'list'> & { readonly forMs: number };

const measures: Readonly<Record<EntityKind, Measure | null>> = {
  device: { list: 'block', forMs: 60 * minuteMs },
  email: { list: 'block', forMs: 60 * minuteMs },
  customer: { list: 'block', forMs: 60 * minuteMs },
  card: { list: 'block', forMs: 60 * minuteMs },
  ip: { list: 'challenge', forMs: 60 * minuteMs },
  // Whoever was here before goes on as ever: the detector tells them from strangers.
  bin: { list: 'watch', forMs: 30 * minuteMs },
  merchant: { list: 'challenge', forMs: 15 * minuteMs },
  country: null,
};
/** What is narrower is at work: the merchant's other shoppers need not suffer for it. */
const watched: Measure = { list: 'watch', forMs: 15 * minuteMs };

/** One per entity, for the first detector that named it. `valueOf`: null, the payment does not name it. */
export function tighten(
  detections: readonly Detection[],
  valueOf: (entity: EntityKind) => string | null,
): readonly Tightening[] {
  const tightened = new Map<EntityKind, Tightening>();
  const narrow = inOrder(detections.filter(isNarrow));
  const [first] = narrow;
  for (const { detector, entity, evidence } of narrow) {
    if (entity !== 'merchant') put(entity, measures[entity], detector, evidence);
  }
  if (first !== undefined) put('merchant', watched, first.detector, first.evidence);
  else for (const { detector, entity, evidence } of detections) put(entity, measures[entity], detector, evidence); // prettier-ignore
  return [...tightened.values()];

  function put(
    entity: EntityKind,
    measure: Measure | null,
    detector: DetectorName,
    evidence: Detection['evidence'],
  ): void {
    const value = valueOf(entity);
    if (measure === null || value === null || tightened.has(entity)) return;
    const { list, forMs: expiresInMs } = measure;
    const action = list === 'watch' ? 'challenge' : list;
    const reason = `${detector}: ${said(evidence)}`;
    tightened.set(entity, { action, list, entity, value, expiresInMs, detector, reason });
  }
}

/** It tells those who stand in it from others. */
function isNarrow({ detector, entity }: Detection): boolean {
  return entity !== 'merchant' || detector === 'same_small_amount';
}

function inOrder(detections: readonly Detection[]): readonly Detection[] {
  const rank = ({ detector }: Detection): number => detectorNames.indexOf(detector);
  return detections.toSorted((a, b) => rank(a) - rank(b));
}

function said(evidence: Detection['evidence']): string {
  const round = (value: number): number => Math.round(value * 1_000) / 1_000;
  return Object.entries(evidence)
    .map(([name, value]) => `${name} ${String(round(value))}`)
    .join(', ');
}
