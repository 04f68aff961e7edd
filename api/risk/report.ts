/** What `GET /v1/risk/report` tells, before it is presented. */
import type { Span } from '../../db/risk-monitoring.ts';
import type { Drift } from '../../domain/risk/drift.ts';
import type { Caught, CaughtValue, DayOfAlerts, ShadowComparison } from '../../domain/risk/monitoring.ts'; // prettier-ignore

export interface ReportWanted {
  readonly days: number;
  /** Payments that people can look at in a day. */
  readonly capacity: number;
  /** The version of a model: what it decided by score. Undefined: whichever. */
  readonly model: string | undefined;
}

export interface Sample {
  readonly decisions: number;
  readonly limit: number;
  /** ISO 8601, of the oldest; null: there are none. */
  readonly from: string | null;
}

export interface DriftReport {
  readonly reference: Span & { readonly decisions: number };
  readonly current: Span & { readonly decisions: number };
  /** The most changed first; null: too few decisions to say. */
  readonly features: readonly {
    readonly feature: string;
    readonly psi: number | null;
    readonly drift: Drift | null;
  }[];
}

export interface RiskReport {
  readonly span: Span;
  readonly drift: DriftReport;
  readonly rates: { readonly sample: Sample; readonly days: readonly DayOfAlerts[] };
  readonly quality: {
    /** Whole days, long enough ago for labels. */
    readonly span: Span;
    readonly sample: Sample;
    /** Of them those that were scored. */
    readonly decisions: number;
    readonly caught: Caught;
    readonly value: readonly CaughtValue[];
    /** Newest first. */
    readonly days: readonly (Caught & { readonly day: string })[];
  };
  readonly shadows: readonly ShadowComparison[];
}
