/** Decisions of the past with what became of them, written set-wise: as no code of ours writes them. */
import { newId } from '../../runtime/ids.ts';
import type { Facts } from '../../domain/risk/facts.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { RiskDecisionRow } from '../../db/risk-decisions.ts';
import type { Rows } from './rows.ts';

export interface Judged {
  readonly merchant_id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly facts: Facts;
  readonly score?: number | null;
  readonly score_action?: RiskDecisionRow['score_action'];
  readonly outcome?: RiskDecisionRow['outcome'];
  readonly mode?: RiskDecisionRow['mode'];
  readonly fail_reason?: string | null;
  readonly model_version?: string | null;
  readonly reasons?: readonly object[];
  readonly shadows?: readonly { version: string; score: number | null; action: string | null }[];
  /** Minor units, USD. */
  readonly amount?: number;
  /** `kept`: captured and left alone. `refused`: by the issuer. `stopped`: never tried. */
  readonly fate: 'kept' | 'fraud' | 'other_dispute' | 'refused' | 'stopped';
}

/** `captured`: a payment whose attempt and capture theirs are copies of. */
export async function insertJudged(
  rows: Rows,
  captured: PaymentState,
  judged: readonly Judged[],
): Promise<void> {
  const all = judged.map((one) => ({
    ...{ score: 0.1, score_action: 'allow', outcome: 'allow', mode: 'scored', fail_reason: null },
    ...{ model_version: 'm1', reasons: [], shadows: [], amount: 100, ...one },
    ...{ payment: newId('pay'), attempt: newId('att'), operation: newId('op') },
  }));
  const given = `jsonb_to_recordset('${JSON.stringify(all)}') j (payment text, attempt text, operation text, merchant_id text, at timestamptz,
    facts jsonb, score float8, score_action text, outcome text, mode text, fail_reason text, model_version text, reasons jsonb, shadows jsonb,
    amount bigint, fate text)`;
  await rows.all(`begin; set local session_replication_role = replica;
    insert into risk_decisions (payment_id, attempt_number, merchant_id, outcome, reasons, score, score_action, model_version,
      global_rules_version, merchant_rules_version, facts, lists, mode, fail_reason, shadows, at)
    select j.payment, 1, j.merchant_id, j.outcome, j.reasons, j.score, j.score_action, j.model_version, 1, 1, j.facts, '{}', j.mode, j.fail_reason,
      j.shadows, j.at from ${given};
    insert into attempts select n.* from ${given} join attempts a on a.payment_id = '${captured.id}' and j.fate <> 'stopped',
      jsonb_populate_record(a, jsonb_build_object('id', j.attempt, 'payment_id', j.payment, 'merchant_id', j.merchant_id, 'amount', j.amount,
        'provider_key', j.attempt, 'return_token', j.attempt, 'status', case j.fate when 'refused' then 'declined' else a.status end)) n;
    insert into operations select n.* from ${given} join operations o on o.payment_id = '${captured.id}' and j.fate not in ('stopped', 'refused'),
      jsonb_populate_record(o, jsonb_build_object('id', j.operation, 'payment_id', j.payment, 'merchant_id', j.merchant_id,
        'attempt_id', j.attempt, 'provider_key', j.operation, 'amount', j.amount)) n;
    insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, amount, fee, currency, reason, due_by)
    select j.payment, j.merchant_id, j.payment, j.attempt, 'alder', j.payment, 'needs_response', j.amount, 0, 'USD',
      case j.fate when 'fraud' then 'fraudulent' else 'product_not_received' end, tender_now() from ${given} where j.fate in ('fraud', 'other_dispute');
    commit`);
}
