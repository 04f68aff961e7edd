/**
 * The chart of accounts (reliability.md 7.2). The database's copy follows it (`db/migrate.ts`).
 *
 * Two fund models. `facilitator`: the merchant is owed what is captured (2100), later available (2110).
 * `own`: the merchant is the operator, so nothing is owed to anybody: sales are revenue (4000), which
 * stands in for 2100 and 2110; the merchant's balances, its debts and what it is charged do not exist.
 */
export type AccountType = 'asset' | 'liability' | 'equity' | 'income' | 'expense';
export type Side = 'debit' | 'credit';
export type FundModel = 'own' | 'facilitator';

/** Whose books hold what is nobody's yet: whoever runs the service. */
export const operatorId = 'mer_operator';

export interface Account {
  readonly code: string;
  readonly name: string;
  readonly type: AccountType;
  readonly normalSide: Side;
  /** Must come back to zero: what stands here waits for something. */
  readonly mustDrain: boolean;
  /** One balance per provider; the others have one per merchant and currency. */
  readonly perProvider: boolean;
  /**
   * What is available may not go below zero. Only where every debit is our own decision, or the rule
   * says where the rest goes (1310): a bound on any other account would refuse a fact.
   */
  readonly bounded: boolean;
  readonly fundModels: readonly FundModel[];
}

type Trait = 'mustDrain' | 'perProvider' | 'bounded' | FundModel;

/** A trait that names a fund model keeps the account to it. */
function account<const Code extends string>(
  code: Code,
  type: AccountType,
  name: string,
  ...traits: readonly Trait[]
): Account & { readonly code: Code } {
  const only = (['own', 'facilitator'] as const).filter((model) => traits.includes(model));
  return {
    code,
    name,
    type,
    normalSide: type === 'asset' || type === 'expense' ? 'debit' : 'credit',
    mustDrain: traits.includes('mustDrain'),
    perProvider: traits.includes('perProvider'),
    bounded: traits.includes('bounded'),
    fundModels: only.length === 0 ? ['own', 'facilitator'] : only,
  };
}

export const accounts = [
  account('1010', 'asset', 'Bank, settlement'),
  account('1100', 'asset', 'Provider receivable', 'perProvider'),
  account('1150', 'asset', 'Reserve held by providers', 'perProvider'),
  // Debit or credit: one side of it stands in each currency of a conversion.
  account('1190', 'asset', 'Currency conversion clearing', 'mustDrain'),
  account('1200', 'asset', 'Settlement in transit', 'mustDrain', 'perProvider'),
  account('1300', 'asset', 'Disputes in progress', 'mustDrain', 'perProvider'),
  account('1310', 'asset', 'Receivable from merchants', 'facilitator'),
  account('1900', 'asset', 'Unidentified outgoing', 'mustDrain', 'perProvider'),
  // Not bounded: a capture that fails late takes back what was made available meanwhile.
  account('2100', 'liability', 'Merchant payable, not yet available', 'facilitator'),
  account('2110', 'liability', 'Merchant payable, available', 'bounded', 'facilitator'),
  account('2120', 'liability', 'Merchant reserve', 'bounded', 'facilitator'),
  account('2130', 'liability', 'Merchant payouts in flight', 'mustDrain', 'facilitator'),
  account('2140', 'liability', 'Refunds in flight', 'mustDrain', 'perProvider'),
  account('2150', 'liability', 'Refunds owed to customers'),
  account('2300', 'liability', 'Sales tax payable'),
  account('2310', 'liability', 'Container deposit payable'),
  account('2320', 'liability', 'Excise payable'),
  account('2900', 'liability', 'Unidentified receipts', 'mustDrain', 'perProvider'),
  account('3000', 'equity', 'Retained earnings'),
  account('4000', 'income', 'Sales revenue', 'own'),
  account('4100', 'income', 'Platform fees', 'facilitator'),
  account('4200', 'income', 'Dispute fees charged on', 'facilitator'),
  account('5100', 'expense', 'Provider fees', 'perProvider'),
  account('5200', 'expense', 'Dispute fees', 'perProvider'),
  account('5300', 'expense', 'Bad debt'),
  account('5400', 'expense', 'Reconciliation differences'),
  // A loss is a debit; a gain stands on the other side.
  account('7100', 'expense', 'Currency gain or loss'),
] as const satisfies readonly Account[];

export type AccountCode = (typeof accounts)[number]['code'];

const byCode: ReadonlyMap<string, Account> = new Map(accounts.map((a) => [a.code, a]));

export function accountByCode(code: AccountCode): Account {
  const found = byCode.get(code);
  if (found === undefined) throw new Error(`the chart has no account ${code}`);
  return found;
}
