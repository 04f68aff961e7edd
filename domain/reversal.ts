/** What is said of what was decided before, and how the timeline tells of it. */
import type { TimelineLine } from './change.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import type { ProviderEvidence } from './provider.ts';

export interface Reversal {
  readonly payment: PaymentState;
  readonly attempt: AttemptState;
  readonly evidence: ProviderEvidence;
}

export function move(
  r: Reversal,
  kind: string,
  id: Readonly<Record<string, string>>,
  from: string,
  to: string,
  late = true,
): TimelineLine {
  return {
    actor: `provider:${r.evidence.provider}`,
    kind: `${kind}.${to}`,
    fromStatus: from,
    toStatus: to,
    evidence: { ...id, ...r.evidence, ...(late && { late }) },
  };
}
