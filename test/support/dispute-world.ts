/** A payment with refunds and disputes, counted as the database counts them, and no database. */
import { requestRefund } from '../../domain/commands.ts';
import { recordDispute, type DisputeRecord, type ToldDispute } from '../../domain/dispute.ts';
import type { DisputeAnswerState, DisputeState } from '../../domain/dispute-state.ts';
import type { JournalEntry } from '../../domain/journal-entry.ts';
import type { OperationState, PaymentState } from '../../domain/payment-state.ts';
import type { DisputeNews } from '../../domain/provider-disputes.ts';
import { paidBesideDispute, type PaidBeside } from '../../domain/paid-beside-dispute.ts';
import { planOperation } from '../../domain/submit-operation.ts';
import { aCapturedPayment, aContract, anOperation, now } from './payments.ts';

const news = (what: DisputeNews['what'], values: Partial<DisputeNews> = {}): DisputeNews => ({
  ...{ what, providerReference: 'dp_1', amountMinor: 4_000n, feeMinor: 1_500n },
  ...{ feeReturned: false, currency: 'USD', reason: 'fraudulent', dueBy: '2027-02-01T00:00:00Z' },
  ...values,
});
export const told = (
  what: DisputeNews['what'],
  values: Partial<DisputeNews> = {},
): ToldDispute => ({
  ...{ eventId: `evt_${what}`, provider: 'alder', attemptId: 'att_1', news: news(what, values) },
});

export function anAnswer(values: Partial<DisputeAnswerState> = {}): DisputeAnswerState {
  return {
    ...{ id: 'dsa_1', kind: 'evidence', round: 1, status: 'unknown', evidence: {} },
    ...{ sendBy: now, keyHorizon: now + 3_600_000, sentCount: 1, lookups: 0 },
    ...{ dueAt: now, createdAt: now, ...values },
  };
}

/** As the database counts it: `count_dispute` and `reserve_operation`. */
export class DisputeWorld {
  captured = 10_000n;
  refunds: OperationState[] = [];
  disputes: DisputeState[] = [];
  entries: JournalEntry[] = [];
  cases: string[] = [];
  excess = 0n;
  raised = new Map<string, bigint>();
  records: DisputeRecord[] = [];
  fundModel: 'own' | 'facilitator';

  constructor(fundModel: 'own' | 'facilitator' = 'own') {
    this.fundModel = fundModel;
  }

  get disputed(): bigint {
    return this.disputes.reduce((sum, d) => (d.status === 'won' ? sum : sum + d.amount), 0n);
  }
  of(...statuses: string[]): bigint {
    return this.refunds.reduce(
      (sum, o) => (statuses.includes(o.status) ? sum + o.amount : sum),
      0n,
    );
  }
  get refunded(): bigint {
    return this.of('succeeded');
  }
  get reserved(): bigint {
    return this.of('requested', 'submitting', 'pending', 'unknown');
  }
  get needed(): bigint {
    return this.refunded + this.reserved + this.disputed - this.captured;
  }

  get payment(): PaymentState {
    return aCapturedPayment(this.refunds, {
      ...{
        fundModel: this.fundModel,
        amountCaptured: this.captured,
        amountRefunded: this.refunded,
      },
      disputes: this.disputes,
      ...{
        refundReserved: this.reserved,
        amountDisputed: this.disputed,
        amountExcess: this.excess,
      },
    });
  }

  tell(one: ToldDispute): DisputeRecord {
    const reference = one.news.providerReference;
    const known = this.disputes.find((d) => d.providerReference === reference) ?? null;
    const record = recordDispute(this.payment, known, one, `dsp_${reference}`);
    const { insert, update } = record;
    if (insert !== undefined) {
      this.disputes.push(insert);
      const raises = this.needed > this.excess ? this.needed - this.excess : 0n;
      this.raised.set(insert.id, raises);
      this.excess += raises;
    }
    if (update !== undefined) {
      const before = this.disputes.find(({ id }) => id === update.id);
      const { fromStatus: _, ...values } = update;
      this.disputes = this.disputes.map((d) => (d.id === update.id ? { ...d, ...values } : d));
      if (before?.status === 'won' && update.status !== 'won') {
        const raises = this.needed > this.excess ? this.needed - this.excess : 0n;
        this.raised.set(update.id, raises);
        this.excess += raises;
      }
      if (update.status === 'won' && before?.status !== 'won') {
        const least = [0n, this.needed, this.excess - (this.raised.get(update.id) ?? 0n)];
        this.excess = least.reduce((a, b) => (a > b ? a : b));
      }
    }
    this.entries.push(...(record.change.entries ?? []));
    this.cases.push(...(record.change.cases ?? []).map(({ reason }) => reason));
    this.records.push(record);
    return record;
  }

  /** Taken by the provider; it moves what is open, and books nothing. */
  answerDispute(reference: string, to: 'accepted' | 'under_review'): void {
    this.disputes = this.disputes.map((d) => {
      const isOpen =
        d.status === 'needs_response' || (d.status === 'under_review' && to === 'accepted');
      return d.providerReference === reference && isOpen ? { ...d, status: to, remindAt: null } : d;
    });
  }

  ask(amount: bigint): void {
    const id = `ref_${this.refunds.length}`;
    const asked = { operationId: id, actor: 'api_key:key_1', amount, reason: 'x' };
    if (requestRefund(this.payment, asked).kind === 'refused') return;
    const row = {
      id,
      kind: 'refund',
      status: 'requested',
      amount,
      number: this.refunds.length + 2,
    };
    this.refunds.push(
      anOperation({ ...row, final: false, sentCount: 0 } as Partial<OperationState>),
    );
  }

  /** Sends the first that waits, or refuses it; tells what was paid out and taken once it has left. */
  submit(): bigint | null {
    const waiting = this.refunds.find(({ status }) => status === 'requested');
    if (waiting === undefined) return null;
    const plan = planOperation(this.payment, waiting, () => aContract(), 'op_new');
    const status = plan.kind === 'call' ? 'submitting' : 'failed';
    this.move(waiting.id, { status, sentCount: plan.kind === 'call' ? 1 : 0 });
    if (plan.kind !== 'call') return null;
    return this.refunded + this.of('submitting') + this.disputed;
  }

  answer(status: 'succeeded' | 'failed'): void {
    const sent = this.refunds.find((o) => o.status === 'submitting');
    if (sent === undefined) return;
    if (status === 'succeeded') this.count(paidBesideDispute(this.payment, sent));
    this.move(sent.id, { status });
    // A refund done after it had been counted is a fact; the ceiling has counted it all the time.
  }

  private count({ entries, disputes }: PaidBeside): void {
    this.entries.push(...entries);
    for (const { id, amountExcess = 0n } of disputes) {
      this.disputes = this.disputes.map((d) => (d.id === id ? { ...d, amountExcess } : d));
    }
  }

  private move(id: string, values: Partial<OperationState>): void {
    this.refunds = this.refunds.map((o) => (o.id === id ? { ...o, ...values } : o));
  }

  balance(...accounts: string[]): bigint {
    return this.entries
      .flatMap(({ postings }) => postings)
      .filter(({ account }) => accounts.includes(account))
      .reduce((sum, p) => sum + (p.side === 'debit' ? p.amount : -p.amount), 0n);
  }
}
