import type pg from 'pg';
import type { Provider } from '../../domain/provider.ts';

/** One table for the payment, one for the books: no keys, no timeline, no events, no ceilings. */
export const usualSchema = `
  create table usual_payments (id text primary key, amount bigint not null, status text not null, reference text,
    created_at timestamptz not null default now());
  create table usual_postings (payment_id text not null references usual_payments, account text not null,
    side text not null, amount bigint not null);`;

export interface UsualActivities {
  record(id: string, amount: string): Promise<void>;
  score(id: string): Promise<number>;
  authorize(id: string, amount: string): Promise<string>;
  post(id: string, amount: string, reference: string): Promise<void>;
}

export function createUsualActivities(pool: pg.Pool, provider: Provider): UsualActivities {
  return {
    record: async (id, amount) => {
      await pool.query(
        `insert into usual_payments (id, amount, status) values ($1, $2, 'pending') on conflict do nothing`,
        [id, amount],
      );
    },
    score: async (id) => {
      const { rows } = await pool.query<{ others: string }>(
        `select count(*) as others from usual_payments where id = $1 and status = 'declined'`,
        [id],
      );
      return Number(rows[0]?.others ?? 0);
    },
    authorize: async (id, amount) => {
      const outcome = await provider.authorize({
        reference: id,
        idempotencyKey: id,
        amountMinor: BigInt(amount),
        currency: 'EUR',
        token: 'tok_visa',
        method: 'card',
        offSession: false,
        challenge: false,
        capture: true,
        returnUrl: 'http://127.0.0.1/',
      });
      if (outcome.kind !== 'approved') throw new Error(`not approved: ${outcome.kind}`);
      return outcome.providerReference;
    },
    post: async (id, amount, reference) => {
      await pool.query(
        `with paid as (update usual_payments set status = 'captured', reference = $3
           where id = $1 and status = 'pending' returning id)
         insert into usual_postings (payment_id, account, side, amount)
         select paid.id, l.account, l.side, $2 from paid,
           (values ('1100', 'debit'), ('4000', 'credit')) as l (account, side)`,
        [id, amount, reference],
      );
    },
  };
}
