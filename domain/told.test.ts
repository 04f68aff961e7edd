/** What an event is worth beside a lookup, as a table. */
import { describe, expect, test } from '@jest/globals';
import { approved, declined, evidence, pending, unknown } from '../test/support/payments.ts';
import type { LookupResult, ProviderOutcome } from './provider.ts';
import { claimCountsAfterMs } from './timing.ts';
import { weigh, type Told } from './told.ts';

const seen = evidence({ kind: 'lookup' });
const found = (outcome: ProviderOutcome): LookupResult => ({ kind: 'found', outcome });
const absent: LookupResult = { kind: 'absent', evidence: seen };
const noAnswer: LookupResult = { kind: 'no_answer', evidence: seen };
const notSupported: LookupResult = { kind: 'not_supported', evidence: seen };

function told(outcome: ProviderOutcome | null, values: Partial<Told> = {}): Told {
  const claim = outcome === null ? null : { kind: 'capture' as const, outcome };
  return { eventId: 'e1', isOpen: true, claim, toldAt: 1, waitedMs: 0, ...values };
}
const long = { waitedMs: claimCountsAfterMs };
const said = (lookup: LookupResult, events: readonly Told[]): string => {
  const { lookup: taken, closes } = weigh('capture', lookup, events);
  const what = taken.kind === 'found' ? taken.outcome.kind : taken.kind;
  return `${what}, ${closes?.state ?? 'open'}`;
};

test.each<[string, LookupResult, readonly Told[], string]>([
  ['nothing was told', found(approved()), [], 'approved, open'],
  ['the lookup goes first', found(approved()), [told(declined())], 'approved, looked_up'],
  ['also after a long time', found(declined()), [told(approved(), long)], 'declined, looked_up'],
  ['pending is not the end', found(pending()), [told(approved(), long)], 'pending, open'],
  ['absent answers what says nothing', absent, [told(null)], 'absent, looked_up'],
  ['absent does not stand against a yes', absent, [told(approved())], 'no_answer, open'],
  ['nor against one that was handled', absent, [told(approved(), { isOpen: false })], 'no_answer, open'],
  ['no answer yet', noAnswer, [told(approved())], 'no_answer, open'],
  ['no answer for long: its word', noAnswer, [told(approved(), long)], 'approved, recorded'],
  ['unknown for long: its word', found(unknown()), [told(declined(), long)], 'declined, recorded'],
  ['never an answer: its word at once', notSupported, [told(approved())], 'approved, recorded'],
  ['its word says nothing', notSupported, [told(unknown())], 'not_supported, open'],
  ['a mismatch has no word', notSupported, [told(null)], 'not_supported, open'],
])('%s', (_, lookup, events, expected) => {
  expect(said(lookup, events)).toBe(expected);
}); // prettier-ignore

test('a word about something else of that reference is not taken', () => {
  const { lookup } = weigh('refund', notSupported, [told(approved())]);
  expect(lookup.kind).toBe('not_supported');
});

describe('of several', () => {
  const yes = told(approved(), { toldAt: 1 });
  const no = told(declined(), { eventId: 'e2', toldAt: 2 });

  test('the provider’s last word counts, however they came', () => {
    for (const events of [[yes, no], [no, yes], [no, { ...yes, isOpen: false }], [{ ...no, isOpen: false }, yes]]) {
      expect(said(notSupported, events)).toBe('declined, recorded');
    }
  }); // prettier-ignore

  test('what was taken back had been done before, also where no time is given', () => {
    const events = [{ ...yes, toldAt: null }, { ...no, claim: { kind: 'capture' as const, outcome: declined('late_failure') }, toldAt: null }];
    expect(said(notSupported, events)).toBe('declined, recorded');
    expect(said(notSupported, events.toReversed())).toBe('declined, recorded');
  }); // prettier-ignore

  test('nobody knows which is the last one without two different times', () => {
    for (const toldAt of [null, 1]) {
      expect(said(notSupported, [yes, { ...no, toldAt }])).toBe('not_supported, open');
    }
    expect(said(notSupported, [yes, { ...no, claim: yes.claim, toldAt: null }])).toBe('approved, recorded');
  }); // prettier-ignore
});
