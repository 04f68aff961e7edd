/** Answers to disputes on real PostgreSQL, at a real sandbox: sent once, and known in the end, wherever a process dies. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Activities } from './index.ts';
import { connectDb, type Db } from '../db/client.ts';
import { receiveDispute } from '../db/disputes.ts';
import { proofs } from '../db/ledger-proofs.ts';
import type { Provider, ProviderContract } from '../domain/provider.ts';
import type { DisputeDesk } from '../domain/provider-disputes.ts';
import { requestDisputeAnswer } from '../domain/request-dispute-answer.ts';
import { newId } from '../runtime/ids.ts';
import { openBench, type Bench } from '../test/support/bench.ts';

let bench: Bench;
let api: Db;
beforeAll(async () => {
  bench = await openBench();
  const onError = (): void => undefined;
  api = connectDb({ url: bench.apiUrl, applicationName: 'told', poolSize: 4, onError });
});
afterAll(async () => {
  try {
    for (const { name, statement } of proofs.filter((p) => p.name === 'sub_ledgers')) {
      expect([name, await bench.rows.all(statement)]).toEqual([name, []]);
    }
  } finally {
    await api.destroy();
    await bench.close();
  }
});

interface Disputed {
  readonly paymentId: string;
  readonly disputeId: string;
  /** At the sandbox. */
  readonly providerId: string;
  readonly tell: (what: 'opened' | 'won' | 'lost') => Promise<unknown>;
}

async function disputed(): Promise<Disputed> {
  const paymentId = await bench.accept('tok_visa', { amount: 10_000n });
  const payment = await bench.settle(paymentId);
  const attempt = payment.attempts[0]?.id ?? '';
  const opened = await bench.sandbox.call('POST', '/alder/disputes', { reference: attempt });
  const { id: providerId, due_by: dueBy, fee } = opened.body;
  const tell = async (what: 'opened' | 'won' | 'lost'): Promise<unknown> => {
    const event = { provider: 'alder', eventId: newId('evt'), type: `dispute.${what}`, reference: attempt, raw: Buffer.from('{}') }; // prettier-ignore
    const news = { what, providerReference: String(providerId), amountMinor: 10_000n, feeMinor: BigInt(Number(fee)), feeReturned: false, currency: 'USD', reason: 'fraudulent', dueBy: String(dueBy) }; // prettier-ignore
    await receiveDispute(api, event, news, 0);
    return bench.settle(paymentId);
  };
  await tell('opened');
  const [dispute] = (await bench.state(paymentId)).disputes;
  return { paymentId, disputeId: dispute?.id ?? '', providerId: String(providerId), tell };
}

const contractOf = (name: string): ProviderContract => {
  const provider = bench.deps.providers.get(name);
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return provider.contract;
};
async function ask(
  { paymentId, disputeId }: Disputed,
  kind: 'accept' | 'evidence',
): Promise<string> {
  const answerId = newId('dsa');
  const evidence = kind === 'accept' ? {} : { explanation: 'It was delivered.' };
  const asked = { answerId, disputeId, kind, evidence, actor: 'api_key:t' };
  await bench.ask(paymentId, (p) => requestDisputeAnswer(p, asked, contractOf));
  return answerId;
}
const stateOf = async ({ paymentId }: Disputed): Promise<unknown> => {
  const [dispute] = (await bench.state(paymentId)).disputes;
  return [dispute?.status, ...(dispute?.answers ?? []).map(({ status }) => status)];
};
const seenBy = async ({ providerId }: Disputed): Promise<unknown> => {
  const { body } = await bench.sandbox.call('GET', `/alder/disputes/${providerId}`);
  return [body['status'], (body['answers'] as readonly { kind: string }[]).map(({ kind }) => kind)];
};
const booked = async ({ paymentId }: Disputed): Promise<readonly string[]> =>
  (
    await bench.rows.all<{ event: string }>(
      `select event from journal_entries where payment_id = $1 and event like 'dispute%' order by recorded_at, id`,
      [paymentId],
    )
  ).map(({ event }) => event);
/** A process of its own with another desk at each provider. */
const withDesk = (change: (desk: DisputeDesk) => Partial<DisputeDesk>): Activities =>
  bench.process({
    provider: (real: Provider) =>
      real.disputes === undefined
        ? {}
        : { disputes: { ...real.disputes, ...change(real.disputes) } },
  });
const evidence = { kind: 'provider_reply', provider: 'alder', detail: 'test' } as const;

test('accepted, it books nothing; the loss is booked when the scheme says so, once', async () => {
  const on = await disputed();
  await ask(on, 'accept');
  await bench.settle(on.paymentId);
  expect([await stateOf(on), await seenBy(on)]).toEqual([['accepted', 'succeeded'], ['accepted', ['accept']]]); // prettier-ignore
  expect(await booked(on)).toEqual(['dispute_opened']);
  for (const _ of [1, 2]) await on.tell('lost');
  expect(await booked(on)).toEqual(['dispute_opened', 'dispute_lost']);
  expect(await stateOf(on)).toEqual(['lost', 'succeeded']);
});

test('lost before the answer came back, it is still booked once, and the answer is known', async () => {
  const on = await disputed();
  const answerId = await ask(on, 'accept');
  const lostReply = withDesk((desk) => ({
    accept: async (request) => {
      await desk.accept(request);
      return { kind: 'unknown', evidence };
    },
  }));
  await lostReply.disputeAnswer({ paymentId: on.paymentId, answerId });
  expect(await stateOf(on)).toEqual(['needs_response', 'unknown']);
  await on.tell('lost');
  expect([await stateOf(on), await booked(on)]).toEqual([['lost', 'succeeded'], ['dispute_opened', 'dispute_lost']]); // prettier-ignore
});

test('evidence makes it under review, once; then it may be won', async () => {
  const on = await disputed();
  await ask(on, 'evidence');
  await bench.settle(on.paymentId);
  expect([await stateOf(on), await seenBy(on)]).toEqual([['under_review', 'succeeded'], ['under_review', ['evidence']]]); // prettier-ignore
  await expect(ask(on, 'evidence')).rejects.toThrow('dispute_answered');
  await on.tell('won');
  expect(await stateOf(on)).toEqual(['won', 'succeeded']);
  await expect(ask(on, 'accept')).rejects.toThrow('dispute_closed');
});

test('a process that dies after its permit sent nothing: looked up, and sent again under its key', async () => {
  const on = await disputed();
  const answerId = await ask(on, 'evidence');
  const dies = withDesk(() => ({ submitEvidence: () => Promise.reject(new Error('killed')) }));
  await expect(dies.disputeAnswer({ paymentId: on.paymentId, answerId })).rejects.toThrow('killed');
  expect(await stateOf(on)).toEqual(['needs_response', 'submitting']);
  await bench.settleForDays(on.paymentId, 0.1);
  expect([await stateOf(on), await seenBy(on)]).toEqual([['under_review', 'succeeded'], ['under_review', ['evidence']]]); // prettier-ignore
});

test('of thirty that do it at once one sends', async () => {
  const on = await disputed();
  const answerId = await ask(on, 'accept');
  let sent = 0;
  const counting = withDesk((desk) => ({
    accept: (request) => ((sent += 1), desk.accept(request)),
  }));
  const all = Array.from({ length: 30 }, () =>
    counting.disputeAnswer({ paymentId: on.paymentId, answerId }),
  );
  await Promise.all(all);
  expect([sent, await stateOf(on)]).toEqual([1, ['accepted', 'succeeded']]);
});

test('accepting and submitting at once, one of them is asked for', async () => {
  for (let i = 0; i < 10; i += 1) {
    const on = await disputed();
    const both = await Promise.allSettled([ask(on, 'accept'), ask(on, 'evidence')]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  }
});

test('what the provider refuses has failed, and moves no dispute', async () => {
  const on = await disputed();
  await ask(on, 'evidence');
  await bench.sandbox.call('POST', `/alder/disputes/${on.providerId}/win`);
  await bench.settle(on.paymentId);
  expect(await stateOf(on)).toEqual(['needs_response', 'failed']);
  const kinds = await bench.rows.all(
    `select type from outbox where payment_id = $1 and type = 'dispute.answer_failed'`,
    [on.paymentId],
  );
  expect(kinds).toHaveLength(1);
});

test('not sent until it was due, it never is', async () => {
  const on = await disputed();
  const answerId = await ask(on, 'accept');
  const away = withDesk(() => ({ accept: async () => ({ kind: 'not_sent', evidence }) }));
  await away.disputeAnswer({ paymentId: on.paymentId, answerId });
  expect(await stateOf(on)).toEqual(['needs_response', 'requested']);
  await bench.advance(8 * 86_400);
  await bench.settle(on.paymentId);
  expect([await stateOf(on), await seenBy(on)]).toEqual([['needs_response', 'failed'], ['needs_response', []]]); // prettier-ignore
  await expect(ask(on, 'accept')).rejects.toThrow('dispute_due_passed');
});

const said = async ({ paymentId }: Disputed): Promise<unknown> =>
  bench.rows.one(
    `select (select count(*)::int from outbox where payment_id = $1 and type = 'dispute.reminder') as reminders,
      (select count(*)::int from timeline where payment_id = $1 and kind = 'dispute.reminder') as lines,
      (select jsonb_agg(status) from cases where payment_id = $1 and kind = 'dispute_unanswered') as cases`,
    [paymentId],
  );

test('its merchant is reminded, each time once, and nobody having answered is a case until it is decided', async () => {
  const on = await disputed();
  await bench.settleForDays(on.paymentId, 5);
  expect(await said(on)).toEqual({ reminders: 1, lines: 1, cases: null });
  await bench.settleForDays(on.paymentId, 4);
  expect(await said(on)).toEqual({ reminders: 2, lines: 2, cases: ['open'] });
  await on.tell('lost');
  expect(await said(on)).toEqual({ reminders: 2, lines: 2, cases: ['closed'] });
});

test('who has answered is not reminded', async () => {
  const on = await disputed();
  await ask(on, 'evidence');
  await bench.settle(on.paymentId);
  await bench.settleForDays(on.paymentId, 9);
  expect(await said(on)).toEqual({ reminders: 0, lines: 0, cases: null });
});
