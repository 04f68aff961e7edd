/** What the API asks about a merchant's settings. */
import type { ApprovalRow } from '../../db/approvals.ts';
import type { MerchantSettings, SettingsInput } from '../../db/merchant-settings.ts';
import type { Principal } from '../ports.ts';

export interface Settings {
  read(principal: Principal): Promise<MerchantSettings>;
  /** In force once another person has approved it. Null: they are not at version `expected` any more. */
  ask(
    principal: Principal,
    expected: number,
    settings: SettingsInput,
    by: { readonly actor: string; readonly reason: string },
  ): Promise<ApprovalRow | null>;
}
