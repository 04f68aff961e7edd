/** What is wrong between a file and our books, by name, and what people may do about each (docs/reconciliation.md). */

export const breakKinds = [
  ...(['missing_internal', 'missing_external', 'amount', 'fee', 'currency'] as const),
  ...(['duplicate_external', 'duplicate_internal', 'duplicate_outflow', 'time', 'state'] as const),
  ...(['reference', 'batch', 'bank', 'file', 'fx', 'orphan'] as const),
] as const;
export type BreakKind = (typeof breakKinds)[number];

export const breakActions = [
  'explain',
  'force_match',
  'amend',
  'write_off',
  'accept_fee',
  'to_suspense',
  'from_suspense',
  'claim',
] as const;
export type BreakAction = (typeof breakActions)[number];

/**
 * The likeliest first; what is not in a kind's row is refused. No row of `currency` matches, since nothing is
 * matched across currencies. A difference of a batch is a line to be found; where its provider says there is none,
 * it goes by suspense, in the operator's books. Where the reconciliation of its file sets the money aside, people neither do so again nor leave it there.
 */
const actionsByKind: Readonly<Record<BreakKind, readonly BreakAction[]>> = {
  missing_internal: ['force_match', 'claim', 'write_off'],
  missing_external: [
    ...(['claim', 'force_match', 'amend', 'to_suspense', 'from_suspense'] as const),
    ...(['write_off', 'explain'] as const),
  ],
  amount: ['claim', 'amend', 'write_off'],
  fee: ['accept_fee', 'claim', 'explain'],
  currency: ['claim', 'write_off'],
  duplicate_external: ['claim', 'write_off'],
  duplicate_internal: ['amend', 'force_match', 'claim', 'explain'],
  duplicate_outflow: ['claim', 'write_off', 'explain'],
  time: ['explain'],
  state: ['force_match', 'claim', 'write_off'],
  reference: ['force_match', 'explain'],
  batch: ['claim', 'explain', 'to_suspense', 'from_suspense', 'write_off'],
  bank: ['claim', 'force_match', 'write_off', 'explain'],
  file: ['explain'],
  fx: ['claim', 'explain'],
  orphan: ['force_match', 'claim', 'write_off'],
};

export function actionsOf(kind: BreakKind): readonly BreakAction[] {
  return actionsByKind[kind];
}

/** Of every entry that people may book for a break: one of a kind, whoever asks how often. */
export function breakEntryKeys(breakId: string): string[] {
  const ends = ['written_off', 'suspense', 'suspense/identified', 'reversed', 'amended'];
  return ends.map((end) => `${breakId}/${end}`);
}
