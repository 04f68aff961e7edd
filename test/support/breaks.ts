/** Files, lines and breaks as a reconciliation leaves them, and the API of one merchant's staff on them. */
import { createHash } from 'node:crypto';
import { createAudit } from '../../api/backend/audit.ts';
import { createApprovals } from '../../api/backend/approvals.ts';
import { createBreaks } from '../../api/backend/breaks.ts';
import { createReconciliations } from '../../api/backend/reconciliations.ts';
import { createMetrics } from '../../api/backend/metrics.ts';
import { createVerifiedMoney } from '../../api/backend/verified-money.ts';
import type { Scope } from '../../api/ports.ts';
import type { StaffMember } from '../../api/staff-tokens.ts';
import { createImportStore } from '../../db/import-store.ts';
import type { BreakKind } from '../../domain/breaks.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, testPrincipal, type TestApi } from './api.ts';
import type { Headers } from './approvals-api.ts';
import { openPaymentDatabase, type PaymentDatabase } from './payment-database.ts';
import { aContract } from './payments.ts';
import type { Rows } from './rows.ts';

export interface NewLine {
  readonly kind?: string;
  readonly word?: string | null;
  readonly reference?: string | null;
  readonly gross?: number;
  readonly currency?: string;
}

/** Imported, with these lines. */
export async function insertFile(
  rows: Rows,
  lines: readonly NewLine[],
  kind: 'settlement' | 'bank_statement' = 'settlement',
  provider = 'alder',
): Promise<string> {
  const id = newId('rec');
  await rows.all(
    `insert into reconciliations (id, provider, kind, source_hash, source_bytes, status, requested_by, line_count, covers_from, covers_to)
     values ($1, $5, $2, $3, 1, 'imported', 'schedule', $4, '2026-11-01', '2026-11-02')`,
    [id, kind, createHash('sha256').update(id).digest(), lines.length, provider],
  );
  for (const [index, line] of lines.entries()) {
    await rows.all(
      `insert into settlement_lines (reconciliation_id, line, kind, word, reference, gross, net, currency, occurred_at)
       values ($1, $2, $3, $4, $5, $6, $6, $7, '2026-11-01T12:00:00Z')`,
      [
        ...[id, index + 1, line.kind ?? 'capture', line.word ?? null, line.reference ?? null],
        ...[line.gross ?? 10_000, line.currency ?? 'USD'],
      ],
    );
  }
  return id;
}

export interface NewBreak {
  readonly kind: BreakKind;
  readonly provider?: string;
  readonly reconciliationId?: string | null;
  readonly line?: number | null;
  readonly merchantId?: string | null;
  readonly paymentId?: string | null;
  readonly subjectId?: string | null;
  readonly amount?: number | null;
  readonly currency?: string | null;
  readonly detail?: object;
  readonly ageDays?: number;
}

/** Null: it was found before. */
export async function insertBreak(rows: Rows, values: NewBreak): Promise<string | null> {
  const [found] = await rows.all<{ id: string }>(
    `insert into breaks (kind, provider, reconciliation_id, line, merchant_id, payment_id, subject_id, amount, currency, detail, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, tender_now() - $11 * interval '1 day') on conflict do nothing returning id`,
    [
      ...[values.kind, values.provider ?? 'alder', values.reconciliationId ?? null],
      ...[values.line ?? null, values.merchantId ?? null, values.paymentId ?? null],
      ...[values.subjectId ?? null, values.amount ?? null, values.currency ?? null],
      ...[JSON.stringify(values.detail ?? {}), values.ageDays ?? 0],
    ],
  );
  return found?.id ?? null;
}

const finance: readonly Scope[] = [
  ...([
    'payments:read',
    'breaks:read',
    'breaks:resolve',
    'reconciliations:read',
    'reconciliations:write',
    'approvals:read',
    'approvals:decide',
    'audit:read',
  ] as const),
];
const staff: Readonly<Record<string, StaffMember>> = {
  fin: { subject: 'fin', scopes: finance },
  fay: { subject: 'fay', scopes: finance },
  vic: {
    subject: 'vic',
    scopes: ['payments:read', 'breaks:read', 'approvals:read', 'reconciliations:read'],
  },
  sue: { subject: 'sue', scopes: ['payments:read'] },
};

const dayMs = 86_400_000;

export interface BreaksApi {
  readonly on: PaymentDatabase;
  readonly merchantId: string;
  readonly api: TestApi;
  /** Senders whose files were to be looked at. */
  readonly nudged: string[];
  /** Headers of this person. */
  as(who: string): Headers;
  close(): Promise<void>;
}

export async function startBreaksApi(
  values: {
    readonly fundModel?: 'own' | 'facilitator';
    /** One that is there already; it ends with this. */
    readonly on?: PaymentDatabase;
  } = {},
): Promise<BreaksApi> {
  const on = values.on ?? (await openPaymentDatabase());
  const merchantId = await on.newMerchant(values);
  const nudged: string[] = [];
  const store = createImportStore({ url: on.database.workerUrl, onError: () => undefined });
  const ports = fakePorts({
    principals: {
      byApiKey: async () => ({ ...testPrincipal, merchantId }),
      merchantExists: async () => true,
    },
    breaks: createBreaks(on.worker),
    reconciliations: createReconciliations({
      ...{ workerDb: on.worker, store },
      nudge: async (provider) => void nudged.push(provider),
    }),
    audit: createAudit(on.worker),
    verifiedMoney: createVerifiedMoney(on.worker, new Map([['alder', 2 * dayMs]])),
    health: { metrics: createMetrics(on.worker, new Map([['alder', dayMs]])) },
    approvals: createApprovals({
      ...{ workerDb: on.worker, contractOf: () => aContract() },
      ...{ nudge: async () => undefined, refreshRouting: async () => undefined },
    }),
  });
  const api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
  return {
    ...{ on, merchantId, api, nudged },
    as: (who) => ({ authorization: `Bearer ${who}`, 'tender-merchant': merchantId }),
    close: async () => {
      await api.close();
      await store.close();
      await on.close();
    },
  };
}
