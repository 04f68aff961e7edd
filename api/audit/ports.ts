/** What the API asks of the record of acts. Staff only. */
import type { AuditFilter, AuditRow } from '../../db/audit.ts';
import type { LedgerHead } from '../../db/ledger-chain.ts';
import type { AlarmItem } from '../ledger/ports.ts';
import type { Paged, Principal } from '../ports.ts';

export interface AuditStanding {
  readonly stopped: boolean;
  /** Since the proofs last came to their end. */
  readonly unprovedSeconds: number;
  readonly alarms: readonly AlarmItem[];
  /** Null: nothing is sealed yet. */
  readonly head: LedgerHead | null;
}

export interface Audit {
  /** Newest first: of this merchant, and of the whole installation. */
  list(
    principal: Principal,
    filter: AuditFilter,
    page: {
      readonly limit: number;
      readonly before: { readonly at: string; readonly id: string } | null;
    },
  ): Promise<Paged<AuditRow>>;
  standing(): Promise<AuditStanding>;
}
