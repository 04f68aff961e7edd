/** Payments by bank as tests make them: the checkout's side, the payer's, and what is left of each. */
import type { PaymentView } from '../../api/payments/payment-schema.ts';
import { pageOf, paymentOf, type Reply } from './http.ts';
import type { TestStack } from './stack.ts';

export const day = 86_400;
export const returnUrl = 'https://shop.example/thanks';

export type Button = 'approve' | 'cancel' | 'later' | 'later_refuse';

export interface BankClient {
  /** 100.00 EUR, unless `changes` say otherwise. */
  readonly pay: (method: object, changes?: object) => Promise<Reply>;
  readonly debit: (token: string, changes?: object) => Promise<Reply>;
  readonly read: (id: string) => Promise<PaymentView>;
  /** Types, in order. */
  readonly events: (id: string) => Promise<readonly string[]>;
  /** Net of the payment on an account, debits less credits, posted. */
  readonly balance: (id: string, account: string) => Promise<string>;
}

export function createBankClient(stack: () => TestStack): BankClient {
  const pay: BankClient['pay'] = (method, changes = {}) => {
    const money = { amount: 10_000, currency: 'EUR', capture_method: 'automatic' };
    const body = { ...money, payment_method: method, return_url: returnUrl, ...changes };
    return stack().api.post('/v1/payments', body);
  };
  return {
    pay,
    debit: (token, changes) => pay({ type: 'bank_debit', token }, changes),
    read: (id) => stack().api.get(`/v1/payments/${id}`).then(paymentOf),
    events: async (id) => {
      const sql = 'select type from outbox where payment_id = $1 order by sequence';
      const rows = await stack().rows.all<{ type: string }>(sql, [id]);
      return rows.map(({ type }) => type);
    },
    balance: async (id, account) => {
      const { sum } = await stack().rows.one<{ sum: string }>(balanceSql, [id, account]);
      return sum;
    },
  };
}

const balanceSql = `
  select coalesce(sum(case p.side when 'debit' then p.amount else -p.amount end), 0)::text as sum
  from journal_entries e join postings p on p.entry_id = e.id
  where e.payment_id = $1 and p.account = $2 and e.state = 'posted'`;

/** Presses the button, and goes the way back that the bank's page sends the shopper on. */
export async function finish(payment: PaymentView, button: Button): Promise<string | null> {
  const answered = await fetch(`${pageOf(payment)}/${button}`, {
    method: 'POST',
    redirect: 'manual',
  });
  const back = await fetch(answered.headers.get('location') ?? '', { redirect: 'manual' });
  return back.headers.get('location');
}
