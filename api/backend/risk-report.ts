/** How risk was judged in some days: four parts, each of a sample whose size is said. */
import type { Db } from '../../db/client.ts';
import { findSpan, listScored, tallyDecisions, type Sampled, type Span, type Whose } from '../../db/risk-monitoring.ts'; // prettier-ignore
import { labelDelayDays } from '../../domain/risk/counters.ts';
import {
  alertRates,
  caughtOf,
  caughtValue,
  compareShadows,
  highestOfEachDay,
  type ScoredDecision,
} from '../../domain/risk/monitoring.ts';
import type { ReportWanted, RiskReport } from '../risk/report.ts';
import { currentSpan, driftBetween, readVectors, referenceSpan } from './risk-drift.ts';

const dayMs = 86_400_000;
/** Decisions that are looked at, for what was done and for how well. */
const samples = { tallied: 100_000, scored: 20_000 };

export async function readRiskReport(
  db: Db,
  whose: Whose,
  { days, capacity, model }: ReportWanted,
  limits = samples,
): Promise<RiskReport> {
  const { from, to } = await findSpan(db, whose, days);
  const span = { from, to };
  const reference = await readVectors(db, whose, await referenceSpan(db, whose, days));
  const current = await readVectors(db, whose, await currentSpan(db, whose));
  const tallied = await tallyDecisions(db, whose, span, limits.tallied);
  const labelled = wholeDays(span);
  const scored = await listScored(db, whose, labelled, limits.scored, model);
  const decisions = ofWholeDays(scored, limits.scored);
  return {
    span,
    drift: await driftBetween(reference, current),
    rates: {
      sample: { decisions: tallied.decisions, limit: limits.tallied, from: tallied.from },
      days: alertRates(tallied.rows),
    },
    quality: {
      span: labelled,
      sample: { decisions: scored.decisions, limit: limits.scored, from: scored.from },
      decisions: decisions.length,
      ...qualityOf(decisions, capacity),
    },
    shadows: compareShadows(decisions, capacity),
  };
}

/** Those of the span that are long enough ago for their labels; of part of a day nobody knows the highest scored. */
function wholeDays({ from, to }: Span): Span {
  const end = Math.floor(Date.parse(to) / dayMs - labelDelayDays) * dayMs;
  const start = Math.min(Math.ceil(Date.parse(from) / dayMs) * dayMs, end);
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}

/** Where there are more than were looked at, the oldest day is only partly there: it counts only where there is no other. */
function ofWholeDays(
  { rows, decisions, from }: Sampled<ScoredDecision>,
  limit: number,
): readonly ScoredDecision[] {
  if (decisions < limit || from === null) return rows;
  const whole = rows.filter(({ day }) => day > from.slice(0, 10));
  return whole.length === 0 ? rows : whole;
}

function qualityOf(
  decisions: readonly ScoredDecision[],
  capacity: number,
): Pick<RiskReport['quality'], 'caught' | 'value' | 'days'> {
  const flagged = highestOfEachDay(decisions, capacity, ({ score }) => score);
  const flaggedOf = Map.groupBy(flagged, ({ day }) => day);
  const days = [...Map.groupBy(decisions, ({ day }) => day)].reverse();
  return {
    caught: caughtOf(decisions, flagged),
    value: caughtValue(decisions, flagged),
    days: days.map(([day, all]) => ({ day, ...caughtOf(all, flaggedOf.get(day) ?? []) })),
  };
}
