/** The result of a command as an answer: the object, or a problem that carries it. */
import type { DisputeRow } from '../../db/dispute-rows.ts';
import type { PaymentSnapshot } from '../../db/snapshot.ts';
import { presentDispute } from '../disputes/presenter.ts';
import type { DisputeView } from '../disputes/schema.ts';
import { HttpError } from '../http-errors.ts';
import type { CommandAnswer, CommandResult } from '../ports.ts';
import type { Reply } from '../route.ts';
import type { DeclineView, OperationView, PaymentView, RefundView } from './payment-schema.ts';
import { presentPayment } from './presenter.ts';
import { findOperation, presentDecline, presentOperation } from './present-operation.ts';

export function commandReply(result: CommandResult): Reply {
  switch (result.kind) {
    case 'not_found':
      throw new HttpError('not_found', 'There is no such payment.');
    case 'invalid':
      throw new HttpError('invalid_request', 'A field names what is not there.', {
        errors: result.errors,
      });
    case 'key_reused':
      throw new HttpError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request; its answer is not yours to repeat.',
      );
    case 'answer':
      return result.status === 402 || result.status === 409
        ? refusalReply(result)
        : clearReply(result);
  }
}

function replayedHeader({ replayed }: CommandAnswer): Record<string, string> {
  return replayed ? { 'Idempotent-Replayed': 'true' } : {};
}

function clearReply(answer: CommandAnswer): Reply {
  const { status } = answer;
  const location = status === 200 ? {} : { Location: locationOf(answer) };
  return {
    status,
    body: presentResource(answer),
    headers: { ...location, ...replayedHeader(answer) },
  };
}

/** Where to poll. A capture is part of its payment. */
function locationOf({ resource, resourceId, snapshot }: CommandAnswer): string {
  if (resource === 'refund') return `/v1/refunds/${resourceId}`;
  const dispute = findAnswered(snapshot, resourceId);
  return dispute === undefined
    ? `/v1/payments/${snapshot.payment.id}`
    : `/v1/disputes/${dispute.id}`;
}

/** The dispute that has this answer. */
function findAnswered(
  { disputes = [] }: PaymentSnapshot,
  answerId: string,
): DisputeRow | undefined {
  return disputes.find(({ answers = [] }) => answers.some(({ id }) => id === answerId));
}

function presentResource(
  answer: CommandAnswer,
): PaymentView | OperationView | RefundView | DisputeView {
  if (answer.resource === 'payment') return presentPayment(answer.snapshot);
  const dispute = findAnswered(answer.snapshot, answer.resourceId);
  if (dispute !== undefined) return presentDispute(dispute);
  const row = findOperation(answer.snapshot, answer.resourceId);
  if (row === undefined) throw new Error(`snapshot without operation ${answer.resourceId}`);
  return presentOperation(row);
}

function refusalReply(answer: CommandAnswer): Reply {
  const { code, snapshot } = answer;
  if (code === undefined) throw new Error(`a ${answer.status} without a code`);
  const payment = presentPayment(snapshot);
  const row = findOperation(snapshot, answer.resourceId);
  const dispute = findAnswered(snapshot, answer.resourceId);
  const decline = declineOf(answer, snapshot);
  return {
    problem: {
      code,
      detail: answer.detail ?? payment.message.merchant,
      members: {
        payment,
        ...(row !== undefined && { operation: presentOperation(row) }),
        ...(dispute !== undefined && { dispute: presentDispute(dispute) }),
        ...(decline !== null && { decline }),
      },
    },
    headers: replayedHeader(answer),
  };
}

/** Of the operation, or of the payment's last try; a state-based refusal (409) is no decline. */
function declineOf(
  { status, resource, resourceId }: CommandAnswer,
  snapshot: PaymentSnapshot,
): DeclineView | null {
  if (status !== 402) return null;
  const decline =
    resource === 'payment'
      ? snapshot.payment.last_decline
      : (findOperation(snapshot, resourceId)?.failure ?? null);
  return decline === null ? null : presentDecline(decline);
}
