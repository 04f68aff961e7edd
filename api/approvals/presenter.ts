import type { ApprovalRow } from '../../db/approvals.ts';
import { presentInstant } from '../instant.ts';
import type { ApprovalView } from './schema.ts';

export function presentApproval(row: ApprovalRow): ApprovalView {
  const { id, version, amount, currency } = row.binds;
  return {
    object: 'approval',
    id: row.id,
    kind: row.kind,
    status: row.status,
    payment_id: row.payment_id,
    binds: {
      id,
      version,
      ...(amount !== undefined && { amount }),
      ...(currency !== undefined && { currency }),
    },
    request: { ...row.request },
    asked_by: row.asked_by,
    reason: row.reason,
    decided_by: row.decided_by,
    decided_at: row.decided_at === null ? null : presentInstant(row.decided_at),
    decision_reason: row.decision_reason,
    created_at: presentInstant(row.created_at),
    expires_at: presentInstant(row.expires_at),
  };
}
