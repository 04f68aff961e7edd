/** What merchants, shoppers and providers ask of a payment, as the API commits it. */
import {
  requestAttempt,
  requestCancel,
  requestCapture,
  requestRefund,
} from '../../domain/commands.ts';
import { requestDisputeAnswer } from '../../domain/request-dispute-answer.ts';
import type { Bench } from '../../test/support/bench.ts';

export interface Requests {
  /** Each answers with the operation's id. */
  readonly capture: (paymentId: string, amount?: bigint, final?: boolean) => Promise<string>;
  readonly cancel: (paymentId: string) => Promise<string>;
  readonly refund: (paymentId: string, amount?: bigint) => Promise<string>;
  /** Another try with another card. */
  readonly retry: (paymentId: string, token: string) => Promise<void>;
  /** A provider's event about an attempt or an operation of ours. */
  readonly hear: (reference: string, provider?: string) => Promise<void>;
  /** A provider tells of a dispute over an attempt. */
  readonly dispute: (reference: string) => Promise<void>;
  /** The merchant gives the dispute of a payment up. */
  readonly accept: (paymentId: string) => Promise<void>;
  /** The shopper answers on the page of the bank, and comes back. */
  readonly answerPage: (paymentId: string, verdict: 'approve' | 'reject') => Promise<void>;
}

const actor = 'api_key:recorded';

export function createRequests(bench: Bench): Requests {
  const contractOf = (name: string) => {
    const provider = bench.deps.providers.get(name);
    if (provider === undefined) throw new Error(`no provider ${name}`);
    return provider.contract;
  };
  return {
    capture: async (id, amount, final) => {
      const operationId = bench.deps.newId('op');
      const ask = { operationId, actor, amount, final };
      await bench.ask(id, (p) => requestCapture(p, ask, contractOf));
      return operationId;
    },
    cancel: async (id) => {
      const operationId = bench.deps.newId('op');
      await bench.ask(id, (p) => requestCancel(p, { operationId, actor }));
      return operationId;
    },
    refund: async (id, amount) => {
      const operationId = bench.deps.newId('ref');
      await bench.ask(id, (p) => requestRefund(p, { operationId, actor, amount, reason: 'x' }));
      return operationId;
    },
    retry: (id, token) =>
      bench.ask(id, (p) => requestAttempt(p, { actor, method: { type: 'card', token } })),
    hear: async (reference, provider = 'alder') => {
      const event = bench.deps.newId('evt');
      await bench.rows.all(`select * from receive_webhook($1, $2, 'test', $3, '', 0)`, [
        ...[provider, event, reference],
      ]);
    },
    dispute: async (subject) => {
      const claim = {
        ...{ kind: 'dispute', subject, what: 'opened', provider_reference: `dp_${subject}` },
        ...{ amount: '4000', fee: '1500', fee_returned: false, currency: 'USD' },
        ...{ reason: 'fraudulent', due_by: '2027-02-01T00:00:00.000Z' },
      };
      await bench.rows.all(
        `select * from receive_dispute('alder', $1, 'dispute.opened', $2, '', 0, $3, null)`,
        [bench.deps.newId('evt'), claim.provider_reference, claim],
      );
    },
    accept: (id) =>
      bench.ask(id, (p) => {
        const [answerId, disputeId] = [bench.deps.newId('dsa'), p.disputes[0]?.id ?? ''];
        const ask = { answerId, disputeId, kind: 'accept', evidence: {}, actor } as const;
        return requestDisputeAnswer(p, ask, contractOf);
      }),
    answerPage: async (id, verdict) => {
      const page = await bench.rows.one<{ redirect_url: string; return_token: string }>(
        'select redirect_url, return_token from attempts where payment_id = $1',
        [id],
      );
      await fetch(`${page.redirect_url}/${verdict}`, { method: 'POST', redirect: 'manual' });
      await bench.rows.all('select * from arrive_at_return($1)', [page.return_token]);
    },
  };
}
