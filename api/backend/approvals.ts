/**
 * Decisions of a second person, as a worker: the API's own connection can ask, but not approve. Key,
 * decision and what follows from it are one commit, under the payment's lock where there is a payment.
 */
import type { Transaction } from 'kysely';
import {
  decideApproval,
  findApproval,
  listApprovals,
  lockApproval,
  type ApprovalRow,
} from '../../db/approvals.ts';
import { holdBreak } from '../../db/break-resolutions.ts';
import { commitChange } from '../../db/changes.ts';
import type { Db } from '../../db/client.ts';
import type { Database } from '../../db/database.ts';
import { applySettings, lockSettings } from '../../db/merchant-settings.ts';
import { isRefusedBy } from '../../db/errors.ts';
import { makeOnce, type MadeOnce } from '../../db/objects-made-once.ts';
import { lockPayment } from '../../db/payments.ts';
import { lockRiskRules, putApprovedRiskRules } from '../../db/risk-rules.ts';
import { lockRules, putApprovedRules } from '../../db/routing-rules.ts';
import { paymentState } from '../../db/snapshot.ts';
import { refuse, type Judgement } from '../../domain/commands.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import {
  findSubject,
  resolutionLine,
  resolveByStaff,
  type ForcedResolution,
} from '../../domain/forced-resolution.ts';
import { operationById, type PaymentState } from '../../domain/payment-state.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import { approveRefund, rejectRefund, type Decision } from '../../domain/refund-approval.ts';
import { judgeRefundWindow } from '../../domain/refund-window.ts';
import { newId } from '../../runtime/ids.ts';
import type { Approvals, DecisionResult, Verdict } from '../approvals/ports.ts';
import type { Principal } from '../ports.ts';
import { carryOut, judgeApproved, tellRejected } from './break-resolution.ts';
import { paged } from './paged.ts';

type Trx = Transaction<Database>;

export interface ApprovalsBackend {
  readonly workerDb: Db;
  readonly contractOf: (provider: string) => ProviderContract;
  /** Best effort: `wake_at` is committed. */
  readonly nudge: (paymentId: string) => Promise<void>;
  readonly refreshRouting: () => Promise<void>;
}

interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** As it is kept under the key. */
interface Kept {
  readonly id: string;
  readonly refusal: Refusal | null;
  readonly approval: ApprovalRow;
}

export function createApprovals(backend: ApprovalsBackend): Approvals {
  const { workerDb } = backend;
  return {
    find: ({ merchantId }, id) => findApproval(workerDb, merchantId, id),
    list: async ({ merchantId }, filter, page) =>
      paged(await listApprovals(workerDb, merchantId, filter, page), page.limit),
    decide: async (principal, key, asked, verdict, decidedBy) => {
      const { merchantId, person = '' } = principal;
      const once = (): Promise<MadeOnce<Kept>> =>
        makeOnce<Kept>(
          workerDb,
          { ...key, merchant_id: merchantId, person },
          (trx) => decide(backend, trx, principal, asked, verdict, decidedBy),
          ({ refusal }) => (refusal === null ? 200 : 409),
        );
      // It lapsed between being read and being decided: nothing was written, and read again it says so.
      const made = await once().catch((error: unknown) => {
        if (!isRefusedBy(error, 'approval_lapsed')) throw error;
        return once();
      });
      const result = resultOf(made);
      if (result.kind === 'decided') await follow(backend, result.approval);
      return result;
    },
  };
}

function resultOf(made: MadeOnce<Kept>): DecisionResult {
  if (made.kind === 'key_reused') return made;
  if (made.kind === 'refused') throw new Error('a decision is made or refused with its reason');
  const { object, replayed } = made;
  return object.refusal === null
    ? { kind: 'decided', approval: object.approval, replayed }
    : { kind: 'refused', ...object.refusal, approval: object.approval, replayed };
}

async function decide(
  backend: ApprovalsBackend,
  trx: Trx,
  principal: Principal,
  asked: ApprovalRow,
  verdict: Verdict,
  decidedBy: string,
): Promise<Kept> {
  if (asked.kind === 'break') return decideBreak(trx, principal, asked, verdict, decidedBy);
  // The payment before the approval, as its timers have it.
  const snapshot = asked.payment_id === null ? null : await lockPayment(trx, asked.payment_id);
  const approval = await lockApproval(trx, asked.id);
  const refusal = overAlready(approval);
  if (refusal !== null) return { id: approval.id, refusal, approval };
  const decision = {
    ...{ approvalId: approval.id, askedBy: approval.asked_by, decidedBy },
    reason: principal.reason,
  };
  const subject = snapshot === null ? null : paymentState(snapshot);
  const judged = await judge(backend, trx, subject, approval, verdict, decision);
  if (judged.kind === 'refused') {
    const { code, detail } = judged;
    return { id: approval.id, refusal: { code, detail }, approval };
  }
  const status = verdict === 'approve' ? 'approved' : 'rejected';
  const decided = await decideApproval(trx, approval.id, { ...decision, status });
  if (subject !== null) {
    const { committed } = await commitChange(trx, subject, judged.change);
    if (!committed) throw new Error(`payment ${subject.id} changed under its lock`);
  }
  if (verdict === 'approve') {
    if (approval.kind === 'routing_rules') await putApprovedRules(trx, approval.id);
    if (approval.kind === 'risk_rules') await putApprovedRiskRules(trx, approval.id);
    if (approval.kind === 'merchant_settings') await applySettings(trx, approval.id);
  }
  return { id: approval.id, refusal: null, approval: decided };
}

async function decideBreak(
  trx: Trx,
  { merchantId, reason }: Principal,
  asked: ApprovalRow,
  verdict: Verdict,
  decidedBy: string,
): Promise<Kept> {
  const held = await holdBreak(trx, merchantId, asked.binds.id);
  const approval = await lockApproval(trx, asked.id);
  const over = overAlready(approval);
  if (over !== null) return { id: approval.id, refusal: over, approval };
  const plan = verdict === 'approve' ? await judgeApproved(trx, held, approval, decidedBy) : null;
  if (plan?.kind === 'refused') {
    const { code, detail } = plan;
    return { id: approval.id, refusal: { code, detail }, approval };
  }
  const status = verdict === 'approve' ? 'approved' : 'rejected';
  const decided = await decideApproval(trx, approval.id, { status, decidedBy, reason });
  if (plan !== null) await carryOut(trx, plan.held, plan.resolving, plan);
  else if (held !== null) await tellRejected(trx, held, approval, { decidedBy, reason });
  return { id: approval.id, refusal: null, approval: decided };
}

function overAlready({ status }: ApprovalRow): Refusal | null {
  if (status === 'open') return null;
  return status === 'lapsed'
    ? { code: 'approval_lapsed', detail: 'Nobody decided in time: ask again.' }
    : { code: 'approval_decided', detail: `It is ${status} already.` };
}

/** What it changes of its payment; of what has none, nothing. */
async function judge(
  { contractOf }: ApprovalsBackend,
  trx: Trx,
  payment: PaymentState | null,
  approval: ApprovalRow,
  verdict: Verdict,
  decision: Decision,
): Promise<Judgement> {
  if (payment === null) {
    if (verdict === 'approve' && (await versionNow(trx, approval)) !== approval.binds.version) {
      const code = approval.kind === 'merchant_settings' ? 'settings_changed' : 'rules_changed';
      return refuse(code, 'They are not at the version this was decided on any more.');
    }
    return { kind: 'accepted', change: { timeline: [] } };
  }
  return approval.kind === 'resolution'
    ? judgeForced(contractOf, payment, approval, verdict, decision)
    : judgeRefund(contractOf, payment, approval, verdict, decision);
}

/** Of what has versions of its own; it stays so until the transaction ends. */
async function versionNow(trx: Trx, approval: ApprovalRow): Promise<number | undefined> {
  const { kind, binds, merchant_id: merchantId } = approval;
  if (kind === 'routing_rules') return lockRules(trx);
  if (kind === 'risk_rules') return lockRiskRules(trx, merchantId);
  return (await lockSettings(trx, binds.id))?.version;
}

function judgeRefund(
  contractOf: ApprovalsBackend['contractOf'],
  payment: PaymentState,
  { binds }: ApprovalRow,
  verdict: Verdict,
  decision: Decision,
): Judgement {
  const operation = operationById(payment, binds.id);
  if (verdict === 'reject') return { kind: 'accepted', change: rejectRefund(operation, decision) };
  return (
    judgeRefundWindow(payment, contractOf) ??
    approveRefund(payment, operation, decision, BigInt(binds.amount_excess ?? 0))
  );
}

function judgeForced(
  contractOf: ApprovalsBackend['contractOf'],
  payment: PaymentState,
  { id, binds, request }: ApprovalRow,
  verdict: Verdict,
  decision: Decision,
): Judgement {
  const subject = findSubject(payment, binds.id);
  if (subject === null) throw new Error(`payment ${payment.id} has no ${binds.id}`);
  if (verdict === 'reject') {
    const why = { approval_id: id, asked_by: decision.askedBy, reason: decision.reason };
    const line = resolutionLine('rejected', decision.decidedBy, subject, why);
    return { kind: 'accepted', change: { timeline: [line] } };
  }
  const { sentCount } = subject.operation ?? subject.attempt;
  if (binds.sent_count !== undefined && binds.sent_count !== sentCount) {
    const detail = 'It was sent again since this was asked for: reject it, and ask about that.';
    return refuse('not_in_doubt', detail);
  }
  const made = { contract: contractOf(subject.attempt.provider), newOperationId: newId('op') };
  return resolveByStaff(payment, subject, forcedAs(request), decision, made);
}

/** As `api/backend/doubts.ts` wrote it. */
function forcedAs(request: Readonly<Record<string, unknown>>): ForcedResolution {
  const { outcome, provider_reference: reference, paid_from: paidFrom, evidence } = request;
  if (outcome !== 'succeeded' && outcome !== 'not_done') throw new Error('no such outcome');
  return {
    outcome,
    evidence: String(evidence),
    ...(typeof reference === 'string' && { providerReference: reference }),
    ...((paidFrom === 'provider' || paidFrom === 'bank') && { paidFrom }),
  };
}

/** Only an accelerator: what was decided is committed. */
async function follow(backend: ApprovalsBackend, { payment_id }: ApprovalRow): Promise<void> {
  await (payment_id === null ? backend.refreshRouting() : backend.nudge(payment_id)).catch(
    () => undefined,
  );
}
