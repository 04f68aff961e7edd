/** What `GET /metrics` shows of risk, of the whole installation. */
import type { Db } from '../../db/client.ts';
import { readRiskFigures, type RiskFigures } from '../../db/risk-monitoring.ts';
import type { FailReason } from '../../domain/risk/assessment.ts';
import { entityKinds } from '../../domain/risk/lists.ts';
import { riskActions } from '../../domain/risk/rules.ts';
import { failModes } from '../../domain/risk/settings.ts';
import type { Gauge } from '../health/prometheus.ts';
import { keptFor } from './kept-for.ts';
import { currentSpan, driftBetween, readVectors, referenceSpan } from './risk-drift.ts';

/** An hour's decisions are counted for it, and a day's are looked at. */
const ageMaxMs = 60_000;
/** What was usual three weeks ago changes slowly. */
const referenceAgeMaxMs = 3_600_000;
const driftDays = 28;

const failReasons: readonly FailReason[] = ['slow', 'breaker_open', 'rules', 'features', 'model'];

export function createRiskGauges(db: Db): () => Promise<readonly Gauge[]> {
  const reference = keptFor(referenceAgeMaxMs, async () =>
    readVectors(db, null, await referenceSpan(db, null, driftDays)),
  );
  return keptFor(ageMaxMs, async () => {
    const current = await readVectors(db, null, await currentSpan(db, null));
    const { features } = await driftBetween(await reference(), current);
    return [...figureGauges(await readRiskFigures(db)), driftGauge(features[0]?.psi ?? null)];
  });
}

function driftGauge(psi: number | null): Gauge {
  return {
    name: 'tender_risk_psi_max',
    help: 'Highest population stability index of a feature, the last day against three weeks ago; none: too few decisions',
    samples: psi === null ? [] : [{ value: psi }],
  };
}

function figureGauges(figures: RiskFigures): readonly Gauge[] {
  const { decisions, attacked, openReviews, oldestReviewSeconds, automaticEntries } = figures;
  const countOf = (is: (one: RiskFigures['decisions'][number]) => boolean): number =>
    decisions.filter(is).reduce((total, { count }) => total + count, 0);
  return [
    {
      name: 'tender_risk_decisions',
      help: 'Decisions of the last hour',
      // All of them: what is over has to fall to zero, not vanish.
      samples: riskActions.flatMap((outcome) =>
        (['scored', ...failModes] as const).map((mode) => ({
          labels: { outcome, mode },
          value: countOf((one) => one.outcome === outcome && one.mode === mode),
        })),
      ),
    },
    {
      name: 'tender_risk_unscored',
      help: 'Decisions of the last hour whose risk could not be told',
      samples: failReasons.map((reason) => ({
        labels: { reason },
        value: countOf(({ failReason }) => failReason === reason),
      })),
    },
    {
      name: 'tender_risk_attacked',
      help: 'Decisions of the last hour about payments that stood in an attack',
      samples: [{ value: attacked }],
    },
    {
      name: 'tender_risk_automatic_entries',
      help: 'What stands on lists because of attacks',
      samples: entityKinds.map((entity) => ({
        labels: { entity },
        value: automaticEntries[entity] ?? 0,
      })),
    },
    {
      name: 'tender_open_reviews',
      help: 'Payments that wait for a person',
      samples: [{ value: openReviews }],
    },
    {
      name: 'tender_open_reviews_oldest_seconds',
      help: 'Age of the oldest open review',
      samples: [{ value: oldestReviewSeconds }],
    },
  ];
}
