/** Events in Adyen's shape and under its signature. */
import { createHmac } from 'node:crypto';
import type { Context } from '../context.ts';
import type { Json } from '../http/reply.ts';
import type { EventSubject } from '../processor/result.ts';
import type { OperationRow } from '../store/operations.ts';
import { showAmount } from './amounts.ts';
import { brandOf, failureOf, merchantAccount, refusalOf } from './present.ts';

interface Said {
  readonly eventCode: string;
  readonly success: boolean;
  readonly reason: string;
}

const technicalName = (operationId: string): string => `adyen/technical/${operationId}`;

/** A cancel by our reference is told of under a name of its own. */
export function markTechnical(context: Context, operationId: string): void {
  context.store.state.put(technicalName(operationId), 'yes');
}

function saidOfOperation(context: Context, row: OperationRow): Said {
  const isTechnical = context.store.state.find(technicalName(row.id)) !== undefined;
  const voidCode = isTechnical ? 'TECHNICAL_CANCEL' : 'CANCELLATION';
  const eventCode = row.kind === 'void' ? voidCode : row.kind.toUpperCase();
  if (row.decline_code === 'late_failure') {
    return { eventCode: `${eventCode}_FAILED`, success: true, reason: 'Rejected by the scheme' };
  }
  const success = row.status === 'succeeded';
  return { eventCode, success, reason: success ? '' : failureOf(row.decline_code ?? '') };
}

function saidOfPayment(subject: EventSubject, declineCode: string | null): Said {
  const { succeeded: success } = subject;
  const reason = success ? '' : refusalOf(declineCode ?? '').refusalReason;
  return { eventCode: 'AUTHORISATION', success, reason };
}

export function adyenEvent(context: Context, subject: EventSubject, now: number): Json {
  const { store } = context;
  const operation = store.operations.find(subject.providerReference);
  const paymentId = operation?.authorization_id ?? subject.providerReference;
  const payment = store.authorizations.find(paymentId);
  const { amount = 0, currency = 'EUR' } = operation ?? payment ?? {};
  const said =
    operation === undefined
      ? saidOfPayment(subject, payment?.decline_code ?? null)
      : saidOfOperation(context, operation);
  const item = {
    additionalData: payment === undefined ? {} : { cardSummary: payment.last4 },
    amount: showAmount(amount, currency),
    eventCode: said.eventCode,
    eventDate: new Date(now).toISOString(),
    merchantAccountCode: merchantAccount,
    merchantReference: subject.reference,
    ...(operation === undefined ? {} : { originalReference: paymentId }),
    paymentMethod: payment === undefined ? '' : brandOf(payment),
    pspReference: subject.providerReference,
    reason: said.reason,
    success: String(said.success),
  };
  return { live: 'false', notificationItems: [{ NotificationRequestItem: item }] };
}

/** The sandbox's secret as Adyen's keys are written. */
export function hmacKeyOf(secret: string): string {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64').toString('hex');
}

interface Item {
  readonly [field: string]: unknown;
  readonly amount: { readonly value: number; readonly currency: string };
  readonly additionalData: Json;
}

/** The signature stands inside of what is sent. */
export function signAdyenEvent(secret: string, body: string): string {
  const event = JSON.parse(body) as {
    notificationItems: readonly { readonly NotificationRequestItem: Item }[];
  };
  const notificationItems = event.notificationItems.map(({ NotificationRequestItem: item }) => {
    const fields = [
      item['pspReference'], item['originalReference'] ?? '', item['merchantAccountCode'],
      item['merchantReference'], item.amount.value, item.amount.currency, item['eventCode'], item['success'],
    ]; // prettier-ignore
    const key = Buffer.from(hmacKeyOf(secret), 'hex');
    const hmacSignature = createHmac('sha256', key).update(fields.join(':')).digest('base64');
    const additionalData = { ...item.additionalData, hmacSignature };
    return { NotificationRequestItem: { ...item, additionalData } };
  });
  return JSON.stringify({ ...event, notificationItems });
}
