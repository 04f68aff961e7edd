/** Drift of the features that payments are judged by: the last day against the first week of a span of days. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Db } from '../../db/client.ts';
import { findSpan, sampleFacts, type Span, type Whose } from '../../db/risk-monitoring.ts';
import { driftOf, populationStability } from '../../domain/risk/drift.ts';
import type { Facts } from '../../domain/risk/facts.ts';
import { featureNames, type FeatureVector } from '../../domain/risk/features.ts';
import { storedVector } from '../../domain/risk/stored-vector.ts';
import type { DriftReport } from '../risk/report.ts';

/** A day of these is 576, a week 4,032. */
export const perHour = 24;
const dayMs = 86_400_000;
const referenceDays = 7;
/** So many at a time; payments are answered in between. */
const atOnce = { vectors: 200, features: 10 };

export interface Vectors extends Span {
  readonly vectors: readonly FeatureVector[];
}

export async function readVectors(db: Db, whose: Whose, span: Span): Promise<Vectors> {
  const facts = span.from < span.to ? await sampleFacts(db, whose, span, perHour) : [];
  const vectors: FeatureVector[] = [];
  for (let from = 0; from < facts.length; from += atOnce.vectors) {
    vectors.push(
      ...facts.slice(from, from + atOnce.vectors).map((one: Facts) => storedVector(one)),
    );
    await breathe();
  }
  return { ...span, vectors };
}

/** Of the span's days, the first that have decisions; never the last day. */
export async function referenceSpan(db: Db, whose: Whose, days: number): Promise<Span> {
  const { from, to, first } = await findSpan(db, whose, days);
  const start = Date.parse(first ?? from);
  const end = Math.min(start + referenceDays * dayMs, Date.parse(to) - dayMs);
  return spanOf(Math.min(start, end), end);
}

/** The day that ends now. */
export async function currentSpan(db: Db, whose: Whose): Promise<Span> {
  const { from, to } = await findSpan(db, whose, 1);
  return { from, to };
}

function spanOf(from: number, to: number): Span {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

export async function driftBetween(reference: Vectors, current: Vectors): Promise<DriftReport> {
  const features: DriftReport['features'][number][] = [];
  for (const [index, feature] of featureNames.entries()) {
    if (index % atOnce.features === 0) await breathe();
    const of = ({ vectors }: Vectors): number[] => vectors.map((vector) => vector[feature]);
    const psi = populationStability(of(reference), of(current));
    features.push({ feature, psi, drift: psi === null ? null : driftOf(psi) });
  }
  return {
    reference: counted(reference),
    current: counted(current),
    features: features.toSorted((a, b) => (b.psi ?? 0) - (a.psi ?? 0)),
  };
}

function counted({ vectors, from, to }: Vectors): DriftReport['current'] {
  return { from, to, decisions: vectors.length };
}
