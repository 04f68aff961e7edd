import type { Caught, DayOfAlerts, ShadowComparison, Side } from '../../domain/risk/monitoring.ts';
import { presentInstant } from '../instant.ts';
import type { ReportView } from './report-schema.ts';
import type { ReportWanted, RiskReport, Sample } from './report.ts';

export function presentReport(
  scope: ReportView['scope'],
  { capacity, model }: ReportWanted,
  { span, drift, rates, quality, shadows }: RiskReport,
): ReportView {
  return {
    ...{ object: 'risk_report', scope, ...presentSpan(span), capacity, model: model ?? null },
    drift: {
      reference: { ...presentSpan(drift.reference), decisions: drift.reference.decisions },
      current: { ...presentSpan(drift.current), decisions: drift.current.decisions },
      features: [...drift.features],
    },
    rates: { sample: presentSample(rates.sample), days: rates.days.map(presentDay) },
    quality: {
      ...presentSpan(quality.span),
      sample: presentSample(quality.sample),
      decisions: quality.decisions,
      ...presentCaught(quality.caught),
      value: quality.value.map(({ currency, fraudAmount, caughtAmount, recall }) => ({
        ...{ currency, recall },
        fraud_amount: String(fraudAmount),
        caught_amount: String(caughtAmount),
      })),
      days: quality.days.map(({ day, ...caught }) => ({ day, ...presentCaught(caught) })),
    },
    shadows: shadows.map(presentShadow),
  };
}

function presentSpan({ from, to }: RiskReport['span']): { from: string; to: string } {
  return { from: presentInstant(from), to: presentInstant(to) };
}

function presentSample({ decisions, limit, from }: Sample): ReportView['rates']['sample'] {
  return { decisions, limit, from: from === null ? null : presentInstant(from) };
}

function presentCaught({ fraudsKnown, ...caught }: Caught): CaughtView {
  return { ...caught, frauds_known: fraudsKnown };
}
type CaughtView = Omit<ReportView['quality']['days'][number], 'day'>;

function presentDay({
  failReasons,
  modes,
  ...day
}: DayOfAlerts): ReportView['rates']['days'][number] {
  return { ...day, unscored: modes, fail_reasons: { ...failReasons } };
}

function presentShadow({
  acting,
  shadow,
  ...rest
}: ShadowComparison): ReportView['shadows'][number] {
  const side = ({ actions, caught }: Side): ReportView['shadows'][number]['acting'] => ({
    actions,
    ...presentCaught(caught),
  });
  return { ...rest, acting: side(acting), shadow: side(shadow) };
}
