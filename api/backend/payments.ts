/** The API's port to payments, over the database and the runs. */
import { asMerchant, listPayments, readPayment, type NewPayment } from '../../db/payments.ts';
import type { KeyClaim } from '../../db/idempotency-keys.ts';
import type { Db } from '../../db/client.ts';
import { findRefundPayment, listTimeline } from '../../db/timeline.ts';
import {
  type Asking,
  type Judgement,
  refuse,
  requestAttempt,
  requestCancel,
  requestCapture,
  requestRefund,
} from '../../domain/commands.ts';
import type { NoCode, RefusalCode } from '../../domain/errors.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import { requestIncrement } from '../../domain/request-increment.ts';
import { requestReauthorization } from '../../domain/reauthorization.ts';
import { judgeRefundWindow } from '../../domain/refund-window.ts';
import { paymentLifetimeMs, submitWithinMsDefault } from '../../domain/timing.ts';
import { newId } from '../../runtime/ids.ts';
import type { Commands, CommandResult as Outcome } from '../commands/commands.ts';
import type {
  CommandResult,
  CreatePayment,
  IdempotencyKey,
  Payments,
  Principal,
} from '../ports.ts';
import type { LedgerGate } from './ledger-gate.ts';
import { paged } from './paged.ts';

export interface PaymentsBackend {
  readonly db: Db;
  readonly commands: Commands;
  readonly contractOf: (provider: string) => ProviderContract;
  readonly gate: LedgerGate;
}

export function createPayments(backend: PaymentsBackend): Payments {
  return { ...reading(backend), ...commanding(backend), ...reauthorizing(backend) };
}

function commanding({
  commands,
  contractOf,
  gate,
}: PaymentsBackend): Pick<
  Payments,
  'create' | 'addAttempt' | 'capture' | 'cancel' | 'refund' | 'increment'
> {
  return {
    create: async (principal, key, input, waitMs) => {
      await gate.pass(claim(principal, key));
      const payment = newPayment(principal, input);
      return result(await commands.create(claim(principal, key), payment, waitMs));
    },
    addAttempt: async (principal, key, paymentId, input, waitMs) => {
      const ask = { actor: actor(principal), method: input.paymentMethod };
      const question = {
        resource: 'payment' as const,
        awaitsId: paymentId,
        judge: (p: PaymentState) => requestAttempt(p, ask),
      };
      return result(await commands.ask(claim(principal, key), paymentId, question, waitMs));
    },
    capture: (principal, key, paymentId, input, waitMs) =>
      askFor('operation', newId('op'), principal, key, paymentId, waitMs, (p, ask) =>
        requestCapture(p, { ...ask, ...amount(input), final: input.final }, contractOf),
      ),
    cancel: (principal, key, paymentId, input, waitMs) =>
      askFor('payment', newId('op'), principal, key, paymentId, waitMs, (p, ask) =>
        requestCancel(p, { ...ask, reason: input.reason }),
      ),
    increment: (principal, key, paymentId, input, waitMs) =>
      askFor('operation', newId('op'), principal, key, paymentId, waitMs, (p, ask) =>
        requestIncrement(p, { ...ask, amount: input.amountMinor }, contractOf),
      ),
    refund: (principal, key, paymentId, input, waitMs) =>
      askFor(
        'refund',
        newId('ref'),
        principal,
        key,
        paymentId,
        waitMs,
        (p, ask) =>
          judgeRefundWindow(p, contractOf) ??
          requestRefund(p, { ...ask, ...amount(input), reason: input.reason }),
      ),
  };

  /** `resource` is what the answer shows: a cancel is asked of an operation and shows the payment. */
  async function askFor(
    resource: 'payment' | 'operation' | 'refund',
    operationId: string,
    principal: Principal,
    key: IdempotencyKey,
    paymentId: string,
    waitMs: number,
    request: (payment: PaymentState, ask: Asking) => Judgement,
  ): Promise<CommandResult> {
    const ask = { operationId, actor: actor(principal) };
    const question = {
      resource,
      awaitsId: operationId,
      judge: (payment: PaymentState) => request(payment, ask),
    };
    return result(await commands.ask(claim(principal, key), paymentId, question, waitMs));
  }
}

/** What only the database knows: other payments, and saved methods. */
const notReauthorized = {
  payments_unique_reference: refuse(
    'duplicate_reference',
    'Another payment has its merchant_reference since.',
  ),
  payment_method_not_found: refuse(
    'reauthorization_not_possible',
    'The saved payment method is detached.',
  ),
};

function reauthorizing({
  commands,
  contractOf,
  gate,
}: PaymentsBackend): Pick<Payments, 'reauthorize'> {
  return {
    reauthorize: async (principal, key, paymentId, input, waitMs) => {
      await gate.pass(claim(principal, key));
      const ask = { actor: actor(principal), ...amount(input) };
      const question = {
        resource: 'payment' as const,
        awaitsId: paymentId,
        judge: (p: PaymentState) => requestReauthorization(p, ask, contractOf),
        constraints: notReauthorized,
      };
      return result(await commands.ask(claim(principal, key), paymentId, question, waitMs));
    },
  };
}

function newPayment(principal: Principal, input: CreatePayment): NewPayment {
  return {
    id: newId('pay'),
    merchantId: principal.merchantId,
    amount: input.amountMinor,
    currency: input.currency,
    captureMethod: input.captureMethod,
    paymentMethod: input.paymentMethod,
    merchantReference: input.merchantReference,
    customerId: input.customerId,
    customer: input.customer,
    metadata: input.metadata,
    options: {
      ...(input.returnUrl !== undefined && { return_url: input.returnUrl }),
      ...(input.offSession !== undefined && { off_session: input.offSession }),
      ...(input.save !== undefined && { save: input.save }),
      // The database keeps hashes of it (0064).
      ...(input.shopper && {
        shopper: { ip: input.shopper.ip, device_id: input.shopper.deviceId },
      }),
    },
    regulated: input.regulated,
    submitWithinMs: input.submitWithinMs ?? submitWithinMsDefault,
    lifetimeMs: paymentLifetimeMs,
    actor: actor(principal),
  };
}

function amount(input: { readonly amountMinor?: bigint | undefined }): {
  amount: bigint | undefined;
} {
  return { amount: input.amountMinor };
}

function reading({
  db,
}: PaymentsBackend): Pick<Payments, 'find' | 'list' | 'timeline' | 'findRefund'> {
  return {
    find: (principal, paymentId) => readPayment(db, principal.merchantId, paymentId),
    list: (principal, filter, page) =>
      asMerchant(db, principal.merchantId, async (trx) =>
        paged(await listPayments(trx, filter, page), page.limit),
      ),
    timeline: (principal, paymentId, page) =>
      asMerchant(db, principal.merchantId, async (trx) => {
        const lines = await listTimeline(trx, paymentId, page);
        return lines === null ? null : paged(lines, page.limit);
      }),
    findRefund: (principal, refundId) =>
      asMerchant(db, principal.merchantId, (trx) => findRefundPayment(trx, refundId)),
  };
}

export function claim(principal: Principal, key: IdempotencyKey): KeyClaim {
  return { ...key, merchant_id: principal.merchantId, person: principal.person ?? '' };
}

export function actor(principal: Principal): string {
  return `${principal.actor.kind}:${principal.actor.id}`;
}

export function result(outcome: Outcome): CommandResult {
  if (outcome.kind !== 'answer') return outcome;
  const { awaitsId, code, detail, ...answer } = outcome;
  return {
    ...answer,
    resourceId: answer.resource === 'payment' ? answer.snapshot.payment.id : awaitsId,
    ...(code !== undefined && { code: code as NoCode | RefusalCode }),
    ...(detail !== undefined && { detail }),
  };
}
