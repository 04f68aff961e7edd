/** The API of one merchant with its payments and approvals on real PostgreSQL, without any worker. */
import { pino } from 'pino';
import { createApprovals } from '../../api/backend/approvals.ts';
import { createDoubts } from '../../api/backend/doubts.ts';
import { createWebhookEvents } from '../../api/backend/webhook-events.ts';
import { createPayments } from '../../api/backend/payments.ts';
import { createCommands } from '../../api/commands/commands.ts';
import { createFreshPayments } from '../../api/commands/fresh-payments.ts';
import { createWaiter } from '../../api/commands/waiter.ts';
import type { Scope } from '../../api/ports.ts';
import type { StaffMember } from '../../api/staff-tokens.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, testPrincipal, type ApiResponse, type TestApi } from './api.ts';
import { openPaymentDatabase, type PaymentDatabase } from './payment-database.ts';
import { aContract } from './payments.ts';

const support: readonly Scope[] = [
  ...([
    'payments:read',
    'refunds:write',
    'payments:resolve',
    'approvals:read',
    'approvals:decide',
  ] as const),
];
const staff: Readonly<Record<string, StaffMember>> = {
  support: { subject: 'sue', scopes: support },
  support2: { subject: 'sam', scopes: support },
  viewer: { subject: 'vic', scopes: ['payments:read', 'approvals:read'] },
};

export type Headers = Readonly<Record<string, string>>;

export interface ApprovalsApi {
  readonly on: PaymentDatabase;
  readonly merchantId: string;
  readonly api: TestApi;
  /** Payments whose run was woken. */
  readonly nudged: readonly string[];
  /** What one person alone may refund, by currency. */
  limit(limits: object | null): Promise<unknown>;
  captured(values?: { readonly currency?: string }): Promise<PaymentState>;
  /** Headers of this person. */
  as(who: string): Headers;
  refund(payment: PaymentState, amount: number, headers?: Headers): Promise<ApiResponse>;
  /** Asked for by support; answers the approval's id. */
  asked(payment: PaymentState, amount: number): Promise<string>;
  decide(
    id: unknown,
    verdict: 'approve' | 'reject',
    who: string,
    headers?: Headers,
  ): Promise<ApiResponse>;
  /** `<status> <amount>` of each. */
  refundsOf(paymentId: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function aKey(): Headers {
  return { 'idempotency-key': newId('key') };
}

/** `<HTTP status> <code or status>`. */
export function seen({ status, body }: ApiResponse): string {
  return `${status} ${String(body['code'] ?? body['status'])}`;
}

/** The limit is 50.00 USD. */
export async function startApprovalsApi(): Promise<ApprovalsApi> {
  const on = await openPaymentDatabase();
  const merchantId = await on.newMerchant();
  const nudged: string[] = [];
  const contractOf = (): ReturnType<typeof aContract> => aContract();
  const commands = createCommands({
    ...{ db: on.api, runs: () => undefined, waiter: createWaiter(), fresh: createFreshPayments() },
    log: pino({ level: 'silent' }),
  });
  const ports = fakePorts({
    principals: {
      byApiKey: async () => ({ ...testPrincipal, merchantId }),
      merchantExists: async () => true,
    },
    payments: createPayments({
      ...{ db: on.api, commands, contractOf, gate: { pass: async () => undefined } },
    }),
    doubts: createDoubts(on.api, on.worker),
    webhookEvents: createWebhookEvents(on.worker),
    approvals: createApprovals({
      ...{ workerDb: on.worker, contractOf, refreshRouting: async () => undefined },
      nudge: async (id) => void nudged.push(id),
    }),
  });
  const api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
  const as = (who: string): Headers => ({
    ...{ authorization: `Bearer ${who}`, 'tender-merchant': merchantId, 'x-reason': 'because' },
  });
  const limit = (limits: object | null): Promise<unknown> =>
    on.rows.all('update merchants set refund_limits = $2 where id = $1', [
      merchantId,
      limits === null ? null : JSON.stringify(limits),
    ]);
  await limit({ USD: 5_000 });
  const refund: ApprovalsApi['refund'] = ({ id }, amount, headers = {}) => {
    const body = { amount, reason: 'broken' };
    return api.post(`/v1/payments/${id}/refunds`, body, {
      ...aKey(),
      prefer: 'wait=0',
      ...headers,
    });
  };
  return {
    ...{ on, merchantId, api, nudged, as, limit, refund },
    captured: (values = {}) => on.captured({ merchantId, ...values }),
    asked: async (payment, amount) => {
      const answer = await refund(payment, amount, as('support'));
      if (seen(answer) !== '202 requires_approval') throw new Error(answer.text);
      return String(answer.body['approval_id']);
    },
    decide: (id, verdict, who, headers = {}) =>
      api.post(`/v1/approvals/${String(id)}/${verdict}`, {}, { ...aKey(), ...as(who), ...headers }),
    refundsOf: async (id) =>
      (await on.state(id)).operations
        .filter(({ kind }) => kind === 'refund')
        .map(({ status, amount }) => `${status} ${String(amount)}`),
    close: async () => {
      await api.close();
      await on.close();
    },
  };
}
