/** The inbox on real PostgreSQL: what an event does by what it says, whenever it comes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { liveAttempt, type PaymentState } from '../domain/payment-state.ts';
import type { ProviderClaim, ProviderOutcome } from '../domain/provider.ts';
import { recordAttempt } from '../domain/record-attempt.ts';
import { submitAttempt } from '../domain/submit-attempt.ts';
import { newId, newReturnToken } from '../runtime/ids.ts';
import { openPaymentDatabase, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import {
  aContract,
  approved,
  declined,
  evidence,
  pending,
  unknown,
} from '../test/support/payments.ts';
import { attemptOf, sequences } from '../test/support/stored-payment.ts';
import { receiveWebhook, type NewWebhook, type ReceivedWebhook } from './access.ts';
import { closeTold, listTold, sweepInbox } from './inbox.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const about = (
  reference: string,
  outcome?: ProviderOutcome,
  values: Partial<NewWebhook> & { readonly kind?: ProviderClaim['kind'] } = {},
): NewWebhook => ({
  ...{ provider: 'alder', eventId: newId('whe'), type: 'test', reference, raw: Buffer.from('{}') },
  ...(outcome && { claim: { kind: values.kind ?? 'authorize', outcome } }),
  ...values,
});
const tell = (told: NewWebhook): Promise<ReceivedWebhook> => receiveWebhook(on.api, told, 60_000);

interface Kept {
  readonly state: string;
  readonly payment_id: string | null;
  readonly is_handled: boolean;
  readonly evidence: Record<string, unknown> | null;
}
const kept = ({ provider, eventId }: NewWebhook): Promise<Kept> =>
  on.rows.one(
    `select state, payment_id, handled_at is not null as is_handled, evidence from inbox
     where provider = $1 and event_id = $2`,
    [provider, eventId],
  );
const wakes = (id: string): Promise<unknown> =>
  on.rows.one(
    `select p.version::int, p.wake_at is not null and p.wake_at < tender_now() + interval '1 hour' as soon
     from payments p where id = $1`,
    [id],
  );
const again = { unmatchedMs: 3_600_000, againMs: 600_000 };

async function submitted(): Promise<PaymentState> {
  const fresh = await on.accept();
  return on.commit(fresh, submission(fresh, newId('att')));
}
function submission(fresh: PaymentState, attemptId: string): ReturnType<typeof submitAttempt> {
  const decision = { kind: 'try' as const, provider: 'alder', token: 'tok_visa', excluded: [] };
  return submitAttempt(fresh, decision, aContract(), { attemptId, returnToken: newReturnToken() });
}
async function record(payment: PaymentState, outcome: ProviderOutcome): Promise<PaymentState> {
  const attempt = liveAttempt(payment);
  if (attempt === undefined) throw new Error('nothing was submitted');
  const recording = { payment, attempt, contract: aContract(), newOperationId: newId('op') };
  const change = recordAttempt(recording, outcome);
  return change === null ? payment : on.commit(payment, change);
}

describe('an event that only confirms', () => {
  test.each<[string, () => Promise<readonly [PaymentState, NewWebhook]>]>([
    ['an authorization', async () => {
      const payment = await on.tried();
      return [payment, about(attemptOf(payment), approved())];
    }],
    ['a sale', async () => {
      const payment = await on.captured({ captureMethod: 'automatic' });
      return [payment, about(attemptOf(payment), approved({ captured: true }))];
    }],
    ['a decline', async () => {
      const payment = await on.tried({}, declined());
      return [payment, about(payment.attempts[0]?.id ?? '', declined())];
    }],
    ['a capture', async () => {
      const id = newId('op');
      const payment = await on.operate(await on.tried(), { id, amount: 4_000n }, approved({ amountMinor: 4_000n }));
      return [payment, about(id, approved({ amountMinor: 4_000n, captured: true }), { kind: 'capture' })];
    }],
    ['a void, whatever it gave back', async () => {
      const id = newId('op');
      const payment = await on.operate(await on.tried(), { id, kind: 'void' }, approved());
      return [payment, about(id, approved({ amountMinor: 1n }), { kind: 'void' })];
    }],
    ['a pending refund', async () => {
      const id = newId('ref');
      const payment = await on.operate(await on.captured(), { id, kind: 'refund', amount: 50n }, pending());
      return [payment, about(id, pending(), { kind: 'refund' })];
    }],
  ])('%s is closed with what it confirmed, and wakes nothing', async (_, prepare) => {
    const [payment, told] = await prepare();
    const before = await wakes(payment.id);
    expect(await tell(told)).toMatchObject({ payment_id: payment.id, fresh: true, state: 'confirmed' });
    expect(await wakes(payment.id)).toEqual(before);
    const { evidence: why, is_handled } = await kept(told);
    expect([is_handled, why]).toEqual([true, expect.objectContaining({ basis: expect.objectContaining({ kind: 'provider_reply' }) })]);
  }); // prettier-ignore
});

describe('an event that says something else', () => {
  test.each<[string, ProviderOutcome | undefined]>([
    ['nothing that can be read', undefined],
    ['no', declined()],
    ['that it was sold', approved({ captured: true })],
    ['that it is pending', pending()],
    ['that nobody knows', unknown()],
  ])('%s, of an authorization, sends its payment to look', async (_, outcome) => {
    const payment = await on.tried();
    const told = about(attemptOf(payment), outcome);
    expect(await tell(told)).toMatchObject({ fresh: true, state: 'waiting' });
    const version = Number(payment.version) + 1;
    expect(await wakes(payment.id)).toEqual({ version, soon: true });
    // Told again it is the same event.
    expect(await tell(told)).toMatchObject({ fresh: false, state: 'waiting' });
    expect(await wakes(payment.id)).toEqual({ version, soon: true });
    await closeTold(on.worker, 'alder', [told.eventId], 'looked_up', evidence({ kind: 'lookup' }));
    expect(await kept(told)).toMatchObject({ state: 'looked_up', is_handled: true });
  });

  test.each([
    ['another amount', approved({ amountMinor: 9_999n })],
    ['another currency', approved({ currency: 'EUR' })],
  ])('%s is kept for a person, and named in the timeline', async (_, outcome) => {
    const payment = await on.tried();
    const told = about(attemptOf(payment), outcome);
    expect(await tell(told)).toMatchObject({ state: 'mismatch', payment_id: payment.id });
    expect(await kept(told)).toMatchObject({ is_handled: false, evidence: { amount: 10_000, currency: 'USD' } });
    const [line] = await on.rows.all(
      `select evidence from timeline where payment_id = $1 and kind = 'webhook.mismatch'`,
      [payment.id],
    );
    expect(
      await on.rows.all('select kind, subject_id, status from cases where payment_id = $1', [payment.id]),
    ).toEqual([{ kind: 'webhook_mismatch', subject_id: told.reference, status: 'open' }]);
    expect(line).toMatchObject({ evidence: { event_id: told.eventId, asked: '10000 USD' } });
    expect(await listTold(on.worker, 'alder', told.reference)).toMatchObject([{ claim: null }]);
    // Nothing of it is booked, and a lookup does not close it.
    expect((await on.state(payment.id)).amountAuthorized).toBe(10_000n);
    await closeTold(on.worker, 'alder', [told.eventId], 'looked_up', evidence());
    expect(await kept(told)).toMatchObject({ state: 'mismatch' });
  }); // prettier-ignore

  test('of another provider’s attempt is about nothing of ours', async () => {
    const payment = await on.tried();
    const told = about(attemptOf(payment), approved(), { provider: 'birch' });
    expect(await tell(told)).toMatchObject({ payment_id: null, state: 'waiting' });
  });
});

describe('an event before its object', () => {
  test('waits, is matched as the attempt is written, and closed by the reply', async () => {
    const attemptId = newId('att');
    const fresh = await on.accept();
    const told = about(attemptId, approved());
    expect(await tell(told)).toMatchObject({ payment_id: null, fresh: true, state: 'waiting' });
    const payment = await on.commit(fresh, submission(fresh, attemptId));
    expect(await kept(told)).toMatchObject({ state: 'waiting', payment_id: payment.id });
    // The call is under way: its outcome is awaited, not overtaken.
    expect(payment.attempts[0]?.dueAt).toBeGreaterThan(payment.now);
    const done = await record(payment, approved());
    expect(await kept(told)).toMatchObject({ state: 'confirmed', is_handled: true });
    expect(done.attempts[0]?.dueAt).toBe(done.attempts[0]?.expiresAt);
  });

  test('and against the reply makes the attempt due in the commit of the reply', async () => {
    const payment = await submitted();
    const told = about(attemptOf(payment), declined());
    await tell(told);
    const seen = await on.state(payment.id);
    const done = await record(seen, approved());
    expect(await kept(told)).toMatchObject({ state: 'waiting' });
    expect(done.attempts[0]?.dueAt).toBeLessThanOrEqual(done.now);
    expect(await wakes(done.id)).toMatchObject({ soon: true });
  });

  test('of an operation is matched once it is sent to that provider', async () => {
    const id = newId('op');
    const told = about(id, approved({ amountMinor: 4_000n, captured: true }), { kind: 'capture' });
    await tell(told);
    const authorized = await on.tried();
    const done = await on.operate(
      authorized,
      { id, amount: 4_000n },
      approved({ amountMinor: 4_000n }),
    );
    expect(await kept(told)).toMatchObject({ state: 'confirmed', payment_id: done.id });
  });

  test('committed at the same moment as its object is matched by the sweep', async () => {
    const attemptId = newId('att');
    const fresh = await on.accept();
    const told = about(attemptId, declined());
    const inserted = Promise.withResolvers<undefined>();
    const go = Promise.withResolvers<undefined>();
    const telling = on.api.transaction().execute(async (trx) => {
      await receiveWebhook(trx, told, 0);
      inserted.resolve(undefined);
      await go.promise;
    });
    await inserted.promise;
    const payment = await on.commit(fresh, submission(fresh, attemptId));
    go.resolve(undefined);
    await telling;
    expect(await kept(told)).toMatchObject({ payment_id: null });
    expect((await sweepInbox(on.worker, again)).matched).toBe(1);
    expect(await kept(told)).toMatchObject({ payment_id: payment.id, state: 'waiting' });
    expect(await wakes(payment.id)).toMatchObject({ soon: true });
    expect((await sweepInbox(on.worker, again)).matched).toBe(0);
  });

  test('that nothing ever has is named after its time, kept, and still matched', async () => {
    const attemptId = newId('att');
    const told = about(attemptId, approved());
    await tell(told);
    expect((await sweepInbox(on.worker, again)).unmatched).toBe(0);
    expect((await sweepInbox(on.worker, { ...again, unmatchedMs: 0 })).unmatched).toBeGreaterThan(
      0,
    );
    expect(await kept(told)).toMatchObject({ state: 'unmatched', is_handled: false });
    expect((await sweepInbox(on.worker, { ...again, unmatchedMs: 0 })).unmatched).toBe(0);
    const fresh = await on.accept();
    await record(await on.commit(fresh, submission(fresh, attemptId)), approved());
    expect(await kept(told)).toMatchObject({ state: 'confirmed' });
  });
});

test('what was sent to look and stayed open is sent again, once in its time', async () => {
  const payment = await on.tried();
  const told = about(attemptOf(payment), pending());
  await tell(told);
  await on.rows.all('update payments set wake_at = null where id = $1', [payment.id]);
  expect((await sweepInbox(on.worker, again)).woken).toBe(0);
  const late = { ...again, againMs: -1 };
  expect((await sweepInbox(on.worker, late)).woken).toBeGreaterThan(0);
  expect(await wakes(payment.id)).toMatchObject({ soon: true });
});

test('of two deliveries at once one is news', async () => {
  const payment = await on.tried();
  const told = about(attemptOf(payment), declined());
  const all = await Promise.all(Array.from({ length: 8 }, () => tell(told)));
  expect(all.filter(({ fresh }) => fresh)).toHaveLength(1);
  expect(await wakes(payment.id)).toMatchObject({ version: Number(payment.version) + 1 });
});

test('timeline and outbox stay in order under a mismatch', async () => {
  const payment = await on.tried();
  await tell(about(attemptOf(payment), approved({ amountMinor: 1n })));
  const lines = await sequences(on.rows, 'timeline', payment.id);
  expect(lines).toEqual(lines.map((_, i) => i + 1));
  const broken = await on.rows.one<{ at: number | null }>(
    'select timeline_first_broken($1) as at',
    [payment.id],
  );
  expect(broken.at).toBeNull();
});

test('the API may neither read nor close events, and nobody may rewrite them', async () => {
  expect(await verdictOf(sql`update inbox set state = 'waiting'`.execute(on.api))).toBe('42501');
  expect(await verdictOf(sql`select * from sweep_inbox('0', '0')`.execute(on.api))).toBe('42501');
  expect(await verdictOf(sql`update inbox set claim = null`.execute(on.worker))).toBe('42501');
});
