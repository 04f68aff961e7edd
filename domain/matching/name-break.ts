/**
 * What is wrong with a line, as one decision table: the first row that holds names it. What is certain
 * comes before what depends on it, so one mistake has one name.
 */

export type LineBreak =
  | 'orphan'
  | 'missing_internal'
  | 'currency'
  | 'state'
  | 'duplicate_external'
  | 'amount'
  | 'fx'
  | 'duplicate_outflow'
  | 'reference'
  | 'time'
  | 'fee';

/** One line held against what was found for it. */
export interface Observed {
  /** `strange`: of a kind we do not know, or one that says nothing of what it is for. */
  readonly line: 'movement' | 'strange';
  /** `payment`: it is known whose money it is, and no movement of that payment is this one. */
  readonly found: 'nothing' | 'payment' | 'movement';
  readonly currency: 'same' | 'other';
  readonly state: 'done' | 'not_done';
  /** Of all lines of the movement. `again`: it was there in full without this one. */
  readonly sum: 'equal' | 'again' | 'other';
  /** Of a conversion. */
  readonly rate: 'none' | 'within' | 'outside' | 'not_known';
  readonly paid: 'once' | 'twice';
  readonly reference: 'same' | 'other';
  readonly time: 'within' | 'outside';
  readonly fee: 'within' | 'outside';
}

interface Row {
  readonly name: LineBreak;
  readonly when: Partial<{ readonly [Key in keyof Observed]: readonly Observed[Key][] }>;
  /** The line is this movement all the same. */
  readonly links: boolean;
  /** What Tender does by itself; the rest is for a person. */
  readonly step: Step;
}

/** `suspense`: stands in 1900 or 2900. `look_up`: the payment's run asks the provider. */
export type Step = 'none' | 'suspense' | 'look_up' | 'accept';

export const lineBreaks: readonly Row[] = [
  { name: 'orphan', when: { line: ['strange'] }, links: false, step: 'suspense' },
  { name: 'missing_internal', when: { found: ['nothing'] }, links: false, step: 'suspense' },
  { name: 'currency', when: { currency: ['other'] }, links: false, step: 'suspense' },
  // Before the state: what was there in full is done, whatever else is said of it.
  { name: 'duplicate_external', when: { sum: ['again'] }, links: false, step: 'suspense' },
  { name: 'state', when: { found: ['payment'] }, links: false, step: 'look_up' },
  { name: 'state', when: { state: ['not_done'], sum: ['other'] }, links: false, step: 'look_up' },
  { name: 'amount', when: { sum: ['other'] }, links: true, step: 'suspense' },
  { name: 'fx', when: { rate: ['outside', 'not_known'] }, links: true, step: 'none' },
  { name: 'duplicate_outflow', when: { paid: ['twice'] }, links: true, step: 'none' },
  { name: 'reference', when: { reference: ['other'] }, links: true, step: 'accept' },
  { name: 'time', when: { time: ['outside'] }, links: true, step: 'accept' },
  { name: 'fee', when: { fee: ['outside'] }, links: true, step: 'accept' },
];

/** Null: nothing is wrong with it. */
export function nameBreak(observed: Observed): Row | null {
  const holds = ({ when }: Row): boolean =>
    Object.entries(when).every(([key, values]) =>
      (values as readonly string[]).includes(observed[key as keyof Observed]),
    );
  return lineBreaks.find(holds) ?? null;
}
