/**
 * Whatever payers send, in whatever order it is told, doubled or left out, canceled or run out meanwhile:
 * in the end every credit was counted once, the payment was captured once or not at all, and what is left
 * of the rest in suspense is what could not be sent back.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  anAttempt,
  aContract,
  aPayment,
  evidence,
  illegalMoves,
  now,
} from '../test/support/payments.ts';
import type { Change } from './change.ts';
import type { JournalEntry } from './journal-entry.ts';
import { successEffect, failureEffect } from './operation-effects.ts';
import {
  isOpen,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordTransfers } from './record-transfers.ts';

const amount = 1_000n;

type Step =
  | { readonly kind: 'send'; readonly amount: number }
  /** The provider's list as it was so many credits ago: events overtake each other. */
  | { readonly kind: 'look'; readonly missing: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'return'; readonly works: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), amount: fc.integer({ min: 1, max: 1_400 }) }),
  fc.record({ kind: fc.constant('look' as const), missing: fc.nat({ max: 2 }) }),
  fc.record({ kind: fc.constant('end' as const) }),
  fc.record({ kind: fc.constant('return' as const), works: fc.boolean() }),
);

class History {
  readonly credits: { readonly id: string; readonly amount: bigint }[] = [];
  readonly entries: JournalEntry[] = [];
  sentBack = 0n;
  payment: PaymentState = aPayment({
    ...{ status: 'requires_action', amount, currency: 'EUR', captureMethod: 'automatic' },
    paymentMethod: { type: 'bank_transfer' },
    attempts: [
      anAttempt({
        ...{ provider: 'bank', kind: 'sale', status: 'requires_action', amount },
        ...{ providerReference: 'bank_1', dueAt: now, expiresAt: now + 1_000 },
      }),
    ],
  });
  #made = 0;

  get attempt(): AttemptState {
    const [attempt] = this.payment.attempts;
    if (attempt === undefined) throw new Error('no attempt');
    return attempt;
  }

  take(step: Step): void {
    if (step.kind === 'send') {
      this.credits.push({
        id: `credit_${String(this.credits.length)}`,
        amount: BigInt(step.amount),
      });
    } else if (step.kind === 'look') this.look(step.missing);
    else if (step.kind === 'end') this.#end();
    else this.finishReturn(step.works);
  }

  look(missing: number): void {
    this.#made += 1;
    const { payment, attempt } = this;
    const seen = this.credits.slice(0, Math.max(0, this.credits.length - missing));
    const isOpen = attempt.status === 'requires_action';
    const change = recordTransfers({
      ...{ payment, attempt, contract: aContract({ name: 'bank' }) },
      outcome: isOpen ? waits : over,
      receipts: seen.map(({ id, amount: amountMinor }) => ({
        ...{ id, amountMinor, currency: 'EUR', at: now, operationId: `op_${id}` },
      })),
      newOperationId: `op_${String(this.#made)}`,
      newReturnId: `ref_${String(this.#made)}`,
      ofAnother: {},
    });
    expect(illegalMoves(payment, change)).toEqual([]);
    if (change !== null) this.#apply(change);
  }

  finishReturn(works: boolean): void {
    const operation = this.payment.operations.find((o) => o.kind === 'refund' && isOpen(o));
    if (operation === undefined) return;
    const r = { payment: this.payment, operation, attempt: this.attempt };
    const no = { code: 'account_closed', advice: 'do_not_retry', providerCode: 'x' } as const;
    const effect = works ? successEffect(r, evidence()) : failureEffect(r, no, evidence());
    this.entries.push(...effect.entries);
    if (works) this.sentBack += operation.amount;
    const status = works ? ('succeeded' as const) : ('failed' as const);
    const operations = this.payment.operations.map((o) => (o === operation ? { ...o, status } : o));
    this.payment = { ...this.payment, operations };
  }

  /** Canceled, or its time is over: closed at the bank first. */
  #end(): void {
    if (this.attempt.status !== 'requires_action') return;
    const attempts = [{ ...this.attempt, status: 'voided' as const, dueAt: now }];
    this.payment = { ...this.payment, status: 'canceled', attempts };
  }

  #apply(change: Change): void {
    this.entries.push(...(change.entries ?? []));
    const inserted = (change.operations?.insert ?? []).map((o, index): OperationState => ({
      ...{ number: this.payment.operations.length + index + 1, providerKey: null, sendBy: null },
      ...{ keyHorizon: null, sentCount: 0, lookups: 0, absences: 0, failureCode: null },
      ...{ createdAt: now, providerReference: null, parkedAt: null, approvalId: null },
      ...{ excess: false, fromSuspense: 0n, inPlaceOf: null, ...o },
    }));
    const [patch] = change.attempts?.update ?? [];
    const { status = this.attempt.status } = patch ?? {};
    this.payment = {
      ...this.payment,
      status: change.payment?.status ?? this.payment.status,
      operations: [...this.payment.operations, ...inserted],
      // Due again at once, so that a look never finds nothing to decide for want of time.
      attempts: [{ ...this.attempt, status, dueAt: now }],
    };
  }

  net(account: string): bigint {
    return this.entries
      .flatMap(({ postings }) => postings)
      .filter((posting) => posting.account === account)
      .reduce((sum, p) => sum + (p.side === 'debit' ? p.amount : -p.amount), 0n);
  }
}

const told = evidence({ kind: 'lookup', provider: 'bank' });
const waits: ProviderOutcome = {
  ...{ kind: 'requires_action', providerReference: 'bank_1', evidence: told },
  action: { type: 'bank_instructions', iban: 'DE1', holder: 'Shop', transferReference: 'X' },
};
const over: ProviderOutcome = {
  kind: 'declined',
  decline: { code: 'already_voided', advice: 'do_not_retry', providerCode: 'already_voided' },
  evidence: told,
};

test('every credit is counted once, and placed, sent back, or left for a person', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const history = new History();
      for (const one of steps) history.take(one);
      history.take({ kind: 'look', missing: 0 });
      history.take({ kind: 'end' });
      for (let round = 0; round < 3; round += 1) {
        history.look(0);
        history.finishReturn(true);
      }
      const { credits, payment, sentBack } = history;
      const sum = credits.reduce((all, credit) => all + credit.amount, 0n);
      const of = (kind: string): readonly OperationState[] =>
        payment.operations.filter((o) => o.kind === kind);
      expect(of('receipt').map((o) => o.providerReference)).toEqual(credits.map(({ id }) => id));
      expect(new Set(payment.operations.map(({ id }) => id)).size).toBe(payment.operations.length);
      const captured = of('capture').reduce((all, o) => all + o.amount, 0n);
      expect([0n, amount]).toContain(captured);
      expect(history.net('1100')).toBe(sum - sentBack);
      expect(history.net('4000')).toBe(-captured);
      const failed = of('refund').filter((o) => o.status === 'failed').length;
      const left = sum - captured - sentBack;
      expect(history.net('2900')).toBe(-left);
      if (failed < 3) expect(left).toBe(0n);
    }),
    { numRuns: 2_000 },
  );
});
