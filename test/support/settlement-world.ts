/** Payments and the files that tell of them, on a database of one's own. */
import { explainLines, matchLines, type Matching } from '../../activities/reconciliation/match.ts';
import { postAgain, postLines } from '../../activities/reconciliation/post.ts';
import { settlePayments, settleWaiters } from '../../activities/reconciliation/settle.ts';
import { setClockOffset } from '../../db/access.ts';
import { commitDispute, nextTold, receiveDispute } from '../../db/disputes.ts';
import { endExplained } from '../../db/matching.ts';
import { findReconciliation, markMatched, type Reconciliation } from '../../db/reconciliations.ts';
import { recordDispute } from '../../domain/dispute.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { DisputeNews } from '../../domain/provider-disputes.ts';
import type { ProviderOutcome } from '../../domain/provider.ts';
import { recordAttempt } from '../../domain/record-attempt.ts';
import { newId } from '../../runtime/ids.ts';
import { openPaymentDatabase, type PaymentDatabase } from './payment-database.ts';
import { aContract, approved, seenByLookup } from './payments.ts';

export interface Sale {
  readonly payment: PaymentState;
  readonly attemptId: string;
  readonly captureId: string;
  readonly providerReference: string;
}

export interface LineRow {
  readonly kind: string;
  readonly word: string | null;
  readonly reference: string | null;
  readonly provider_reference: string | null;
  readonly parent_reference: string | null;
  readonly gross: number;
  readonly fee: number;
  readonly currency: string;
  readonly charged: number | null;
  readonly charged_currency: string | null;
  readonly batch: string | null;
  readonly occurred_at: string | null;
  readonly counterparty?: string | null;
}

export interface BreakRow {
  readonly id: string;
  readonly kind: string;
  readonly line: number | null;
  readonly subject_id: string | null;
  readonly amount: number;
  readonly status: string;
  readonly reason: string | null;
}

export interface SettlementWorld extends PaymentDatabase {
  sale(values?: {
    readonly amount?: bigint;
    readonly currency?: string;
    readonly merchantId?: string;
    /** In place of a yes. */
    readonly outcome?: ProviderOutcome;
  }): Promise<Sale>;
  /** As a lookup tells it now. */
  told(sale: Sale, outcome: ProviderOutcome): Promise<void>;
  yes(sale: Sale): ProviderOutcome;
  /** Of the whole sale, at a fee of 15.00 a round, which is given back with a win. */
  disputed(sale: Sale, what: DisputeNews['what'], round?: number): Promise<void>;
  /** Tender's clock goes on by so many hours. */
  pass(hours: number): Promise<void>;
  explain(id: string): Promise<Matching>;
  endExplained(): Promise<number>;
  /** As a file in order lists it, `values` otherwise. */
  lineOf(sale: Sale, values?: Partial<LineRow>): LineRow;
  /** Imported. Covers the hour before and after now unless `span` (hours from now) says otherwise. */
  file(
    lines: readonly Partial<LineRow>[],
    values?: {
      readonly provider?: string;
      readonly kind?: Reconciliation['kind'];
      readonly span?: readonly [number, number];
    },
  ): Promise<string>;
  reconciliation(id: string): Promise<Reconciliation>;
  match(id: string, again?: boolean): Promise<Matching>;
  /** Matched, posted and settled; answers the entries written and the payments settled. */
  night(id: string): Promise<{ readonly entries: number; readonly settled: number }>;
  /** What nights do about files of before: posted again where breaks have ended, and who waited is settled. */
  nextNight(): Promise<{ readonly entries: number; readonly settled: number }>;
  /** Of all merchants, posted: `1900 alder USD` to debits less credits; zeros are left out. */
  books(): Promise<Readonly<Record<string, number>>>;
  matches(id: string): Promise<readonly { line: number; subject_id: string; tier: number }[]>;
  breaks(id: string): Promise<readonly BreakRow[]>;
}

const running = new AbortController().signal;
let made = 0;

function yesTo(amount: bigint, currency: string, providerReference: string): ProviderOutcome {
  return approved({
    ...{ captured: true, amountMinor: amount, providerReference },
    currency: currency as 'USD',
  });
}

export async function openSettlementWorld(): Promise<SettlementWorld> {
  const on = await openPaymentDatabase();
  const reconciliation = async (id: string): Promise<Reconciliation> => {
    const found = await findReconciliation(on.worker, id);
    if (found === null) throw new Error(`no reconciliation ${id}`);
    return found;
  };
  const world: SettlementWorld = {
    ...on,
    sale: async ({ amount = 10_000n, currency = 'USD', merchantId, outcome } = {}) => {
      made += 1;
      const providerReference = `alder_pay_${String(made)}`;
      const of = {
        captureMethod: 'automatic',
        amount,
        currency,
        ...(merchantId !== undefined && { merchantId }),
      } as const;
      const told = outcome ?? yesTo(amount, currency, providerReference);
      const payment = await on.tried(of, told);
      const attemptId = payment.attempts[0]?.id ?? '';
      const captureId = payment.operations[0]?.id ?? attemptId;
      return { payment, attemptId, captureId, providerReference };
    },
    told: async ({ payment: { id } }, outcome) => {
      const payment = await on.state(id);
      const [attempt] = payment.attempts;
      if (attempt === undefined || outcome.kind === 'requires_action') throw new Error('no try');
      const recording = { payment, attempt, contract: aContract(), newOperationId: newId('op') };
      const change = recordAttempt(recording, seenByLookup(outcome));
      if (change === null) throw new Error('nothing new');
      await on.commit(payment, change);
    },
    yes: ({ payment: { amount, currency }, providerReference }) =>
      yesTo(amount, currency, providerReference),
    disputed: async (sale, what, round = 1) => {
      const news = {
        ...{
          what,
          round,
          providerReference: `dp_${sale.attemptId}`,
          amountMinor: sale.payment.amount,
        },
        ...{ feeMinor: 1_500n, feeReturned: what === 'won', currency: sale.payment.currency },
        ...{ reason: 'fraudulent', dueBy: '2027-02-01T00:00:00.000Z' },
      };
      const event = {
        ...{ provider: 'alder', eventId: newId('evt'), type: `dispute.${what}` },
        ...{ reference: sale.attemptId, raw: Buffer.from('{}') },
      };
      await receiveDispute(on.api, event, news, 0);
      const next = await nextTold(on.worker, sale.payment.id);
      if (next === null) throw new Error('nothing was told');
      const payment = await on.state(sale.payment.id);
      const record = recordDispute(payment, next.known, next.told, newId('dsp'));
      await commitDispute(on.worker, payment, record);
    },
    pass: async (hours) => {
      const { offset } = await on.rows.one<{ offset: number }>(
        'select offset_seconds::int as offset from clock',
      );
      await setClockOffset(on.api, offset + Math.round(hours * 3_600));
    },
    explain: async (id) =>
      explainLines({ db: on.worker, signal: running }, await reconciliation(id), false),
    endExplained: () => endExplained(on.worker, 'alder'),
    lineOf: (sale, values = {}) => ({
      ...{ kind: 'capture', word: null, reference: sale.attemptId },
      ...{ provider_reference: sale.providerReference, parent_reference: null },
      ...{ gross: Number(sale.payment.amount), fee: 0, currency: sale.payment.currency },
      ...{ charged: null, charged_currency: null, batch: 'batch-1', occurred_at: null },
      ...values,
    }),
    file: async (lines, { provider = 'alder', kind = 'settlement', span = [-1, 1] } = {}) => {
      const id = newId('rec');
      await on.rows.all(
        `insert into reconciliations (id, provider, kind, source_hash, source_bytes, status, covers_from, covers_to, line_count,
          requested_by, imported_at)
         values ($1::text, $2, $3, sha256($1::text::bytea), 1, 'imported', tender_now() + $4 * interval '1 hour',
          tender_now() + $5 * interval '1 hour', $6, 'test', tender_now())`,
        [id, provider, kind, ...span, lines.length],
      );
      await on.rows.all(
        `insert into settlement_lines (reconciliation_id, line, kind, word, reference, provider_reference, parent_reference, gross, fee,
          net, currency, charged, charged_currency, batch, counterparty, occurred_at)
         select $1, l.ordinality, v.kind, v.word, v.reference, v.provider_reference, v.parent_reference, v.gross, coalesce(v.fee, 0),
          v.gross - coalesce(v.fee, 0), v.currency, v.charged, v.charged_currency, v.batch, v.counterparty, coalesce(v.occurred_at, tender_now())
         from jsonb_array_elements($2::jsonb) with ordinality l, jsonb_populate_record(null::settlement_lines, l.value) v`,
        [id, JSON.stringify(lines)],
      );
      return id;
    },
    reconciliation,
    match: async (id, again = false) =>
      matchLines({ db: on.worker, signal: running }, await reconciliation(id), again),
    night: async (id) => {
      const step = { db: on.worker, signal: running };
      await matchLines(step, await reconciliation(id));
      await markMatched(on.worker, id);
      const { entries } = await postLines(step, await reconciliation(id));
      const { settled } = await settlePayments(step, await reconciliation(id));
      return { entries, settled };
    },
    nextNight: async () => {
      const step = { db: on.worker, signal: running };
      await endExplained(on.worker, 'alder');
      const { entries } = await postAgain(step, 'alder');
      const { settled } = await settleWaiters(step, 'alder');
      return { entries, settled };
    },
    books: async () => {
      const found = await on.rows.all<{ place: string; net: string }>(
        `select concat_ws(' ', account, nullif(provider, ''), currency) as place, sum(posted_debits - posted_credits)::text as net
         from account_balances group by 1 having sum(posted_debits - posted_credits) <> 0 order by 1`,
      );
      return Object.fromEntries(found.map(({ place, net }) => [place, Number(net)]));
    },
    matches: (id) =>
      on.rows.all(
        'select line, subject_id, tier from settlement_matches where reconciliation_id = $1 order by 1, 2',
        [id],
      ),
    breaks: (id) =>
      on.rows.all(
        `select id, kind, line, subject_id, amount::int, status, resolution ->> 'reason' as reason from breaks
         where reconciliation_id = $1 order by line, kind`,
        [id],
      ),
  };
  return world;
}
