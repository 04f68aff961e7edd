/** Payouts that providers announced, statements that tell of them, and what the books say then. */
import { matchBankStatement, type BankMatching } from '../../activities/reconciliation/bank.ts';
import { postSettlement } from '../../db/settlement-posting.ts';
import { openSettlementWorld, type LineRow, type SettlementWorld } from './settlement-world.ts';

export interface BankWorld extends SettlementWorld {
  /** A file of `provider` in the books, with a payout line for each; answers its id and the payouts' names. */
  announce(
    amounts: readonly number[],
    values?: {
      readonly provider?: string;
      readonly currency?: string;
      /** All in one batch, which is of these merchants; else each in one of its own. */
      readonly of?: readonly string[];
      readonly daysAgo?: number;
    },
  ): Promise<{ readonly id: string; readonly names: readonly string[] }>;
  /** Imported, of one account's day: 0 is 20 days ago. They go on one after the other unless `day` says otherwise. */
  statement(
    lines: readonly Partial<LineRow>[],
    values?: {
      readonly account?: string;
      readonly currency?: string;
      readonly opening?: number;
      readonly day?: number;
    },
  ): Promise<string>;
  take(id: string, signal?: AbortSignal): Promise<BankMatching>;
  /** Over all merchants: `1010 EUR 5` for each that is not zero, assets on the debit side. */
  balances(currency: string, ...accounts: readonly string[]): Promise<Record<string, number>>;
  bankBreaks(): Promise<readonly BankBreak[]>;
}

export interface BankBreak {
  readonly id: string;
  readonly kind: string;
  readonly provider: string;
  readonly line: number | null;
  readonly subject_id: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly status: string;
  readonly step: string;
}

const dayMs = 86_400_000;
const running = new AbortController().signal;
let made = 0;

export async function openBankWorld(): Promise<BankWorld> {
  const on = await openSettlementWorld();
  const closings = new Map<string, { closing: number; day: number }>();
  return {
    ...on,
    announce: async (amounts, { provider = 'alder', currency = 'EUR', of, daysAgo = 0 } = {}) => {
      made += 1;
      const batch = (n: number): string => `b${String(made)}-${of === undefined ? String(n) : '0'}`;
      const names = amounts.map((_, n) => `payout-${String(made)}-${String(n)}`);
      const occurred_at = new Date(Date.now() - daysAgo * dayMs).toISOString();
      const at = { currency, occurred_at };
      const payouts = amounts.map((gross, n) => ({
        ...{ kind: gross < 0 ? 'collection' : 'payout', gross, ...at },
        ...{ batch: batch(n), provider_reference: names[n] ?? '' },
      }));
      const parts = await listedIn(on, of, amounts, { currency, provider });
      const lines = parts.map((part, n) => ({ ...at, batch: batch(n), ...part }));
      const id = await on.file([...lines, ...payouts], { provider });
      if (of !== undefined) await on.match(id);
      await on.rows.all(`update reconciliations set status = 'matched' where id = $1`, [id]);
      await postSettlement(on.worker, id);
      return { id, names };
    },
    statement: async (lines, { account = 'ACC1', currency = 'EUR', opening, day } = {}) => {
      const key = `${account}/${currency}`;
      const last = closings.get(key) ?? { closing: 0, day: -1 };
      const of = day ?? last.day + 1;
      const start = opening ?? last.closing;
      const midnight = Math.floor(Date.now() / dayMs) * dayMs + (of - 20) * dayMs;
      const span = [midnight, midnight + dayMs].map((at) => (at - Date.now()) / 3_600_000);
      const occurred_at = new Date(midnight).toISOString();
      const id = await on.file(
        lines.map((line) => ({
          ...{ kind: (line.gross ?? 0) < 0 ? 'bank_debit' : 'bank_credit', currency, occurred_at },
          ...line,
        })),
        { provider: 'bank_account', kind: 'bank_statement', span: [span[0] ?? 0, span[1] ?? 0] },
      );
      const closing = start + lines.reduce((sum, { gross = 0 }) => sum + gross, 0);
      await on.rows.all(
        `insert into bank_statements (account, currency, covers_from, covers_to, opening, closing, provider, reconciliation_id)
         select $1, $2, to_timestamp($6), to_timestamp($6) + interval '1 day', $3, $4, provider, id
         from reconciliations where id = $5`,
        [account, currency, start, closing, id, midnight / 1_000],
      );
      if (of >= last.day) closings.set(key, { closing, day: of });
      return id;
    },
    take: async (id, signal = running) =>
      matchBankStatement({ db: on.worker, signal }, await on.reconciliation(id)),
    balances: async (currency, ...accounts) => {
      const rows = await on.rows.all<{ account: string; amount: number }>(
        `select account, sum(posted_debits - posted_credits)::int as amount from account_balances
         where currency = $1 and account = any($2) group by 1 order by 1`,
        [currency, accounts],
      );
      return Object.fromEntries(rows.map(({ account, amount }) => [account, amount]));
    },
    bankBreaks: () =>
      on.rows.all(
        `select id, kind, provider, line, subject_id, amount::int, currency, status, detail ->> 'step' as step from breaks
         where detail ? 'bank' order by opened_at, kind, line, id`,
      ),
  };
}

/** What the batches list: a sale of each merchant, or one fee per payout. */
async function listedIn(
  on: SettlementWorld,
  of: readonly string[] | undefined,
  amounts: readonly number[],
  { currency, provider }: { readonly currency: string; readonly provider: string },
): Promise<readonly Partial<LineRow>[]> {
  if (of === undefined)
    return amounts.map((amount) => ({ kind: 'fee', gross: amount, word: provider }));
  const whole = amounts.reduce((sum, amount) => sum + amount, 0);
  const each = Math.floor(whole / of.length);
  const sales = of.map(async (merchantId, n) => {
    const amount = n === 0 ? whole - each * (of.length - 1) : each;
    const sale = await on.sale({ merchantId, currency, amount: BigInt(amount) });
    const { batch: _, occurred_at: __, ...line } = on.lineOf(sale);
    return line;
  });
  return Promise.all(sales);
}
