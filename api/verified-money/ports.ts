/** What the API asks of verified money. Staff only. */
import type { VerifiedFilter, VerifiedRow } from '../../db/verified-money.ts';
import type { Principal } from '../ports.ts';

export interface VerifiedMoney {
  /** Newest day first: of this merchant. */
  list(
    principal: Principal,
    filter: Omit<VerifiedFilter, 'merchantId'>,
  ): Promise<readonly VerifiedRow[]>;
}
