/** The days before a dispute's end on which its merchant is reminded, and what nobody answered in time. */
import type { Change } from './change.ts';
import { openAnswer, type DisputeState } from './dispute-state.ts';
import type { PaymentState } from './payment-state.ts';
import { disputeReminderLeads } from './timing.ts';

/** The next moment to say something, after `now`; null: there is none any more. The last is the end itself. */
export function reminderAfter(dueBy: string, now: number): number | null {
  const end = Date.parse(dueBy);
  const moments = [...disputeReminderLeads.map((lead) => end - lead), end];
  return moments.find((moment) => moment > now) ?? (end <= now ? now : null);
}

export function dueReminder(payment: PaymentState): DisputeState | undefined {
  return payment.disputes.find(({ remindAt }) => remindAt !== null && remindAt <= payment.now);
}

/** Each once: what was slept through is not said any more, only the newest. */
export function remind(payment: PaymentState, dispute: DisputeState): Change {
  const end = Date.parse(dispute.dueBy);
  const { id, status: fromStatus } = dispute;
  const left = end - payment.now;
  if (left <= 0) return passed(dispute);
  const remindAt = reminderAfter(dispute.dueBy, payment.now);
  const update = [{ id, fromStatus, remindAt }];
  const isSoon = disputeReminderLeads.some((lead) => left <= lead);
  // An answer is on its way: whether it arrived is looked up, and no reminder is of use.
  if (!isSoon || openAnswer(dispute) !== undefined) return { disputes: { update }, timeline: [] };
  return {
    disputes: { update },
    timeline: [
      {
        actor: 'tender',
        kind: 'dispute.reminder',
        evidence: { kind: 'timer', dispute_id: id, due_by: dispute.dueBy },
      },
    ],
    events: [{ type: 'dispute.reminder', disputeId: id }],
  };
}

function passed(dispute: DisputeState): Change {
  const { id, status: fromStatus, attemptId, amount, dueBy } = dispute;
  const update = [{ id, fromStatus, remindAt: null }];
  if (openAnswer(dispute) !== undefined) return { disputes: { update }, timeline: [] };
  const evidence = { kind: 'timer', detail: 'nobody answered in time', due_by: dueBy };
  const about = { attemptId, disputeId: id, amount, reason: 'dispute_due_passed' };
  return {
    disputes: { update },
    timeline: [
      { actor: 'tender', kind: 'dispute.due_passed', evidence: { ...evidence, dispute_id: id } },
    ],
    cases: [{ kind: 'dispute_unanswered', ...about, evidence }],
  };
}
