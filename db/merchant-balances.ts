/** What a merchant has now, by currency. */
import { sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';

/** Decimal strings of minor units. */
export interface MerchantBalanceRow {
  readonly currency: string;
  readonly pending: string;
  readonly available: string;
  readonly reserved: string;
  readonly in_payout: string;
  readonly negative: string;
  readonly held: string;
}

export async function listMerchantBalances(
  trx: Transaction<Database>,
  merchantId: string,
): Promise<readonly MerchantBalanceRow[]> {
  const { rows } = await sql<{ row: MerchantBalanceRow }>`
    select merchant_balance(${merchantId}, c.currency) || jsonb_build_object('currency', c.currency) as row
    from (select distinct currency from account_balances where merchant_id = ${merchantId}
      and account in ('1310', '2100', '2110', '2120', '2130')) c order by c.currency`.execute(trx);
  return rows.map(({ row }) => row);
}
