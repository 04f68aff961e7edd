/** A second movement under our reference, told of by the provider: never a confirmation, and never unseen. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PaymentState } from '../domain/payment-state.ts';
import type { ProviderClaim, ProviderOutcome } from '../domain/provider.ts';
import { newId } from '../runtime/ids.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import { approved, evidence, pending, unknown } from '../test/support/payments.ts';
import { attemptOf } from '../test/support/stored-payment.ts';
import { receiveWebhook } from './access.ts';
import { closeTold } from './inbox.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

async function tell(
  reference: string,
  outcome: ProviderOutcome,
  kind: ProviderClaim['kind'] = 'authorize',
): Promise<{ readonly eventId: string; readonly state: string }> {
  const eventId = newId('whe');
  const told = { provider: 'alder', eventId, type: 'test', reference, raw: Buffer.from('{}') };
  const { state } = await receiveWebhook(on.api, { ...told, claim: { kind, outcome } }, 60_000);
  return { eventId, state };
}
const casesOf = (subject: string): Promise<readonly object[]> =>
  on.rows.all(
    `select kind, reason, amount::int, evidence -> 'provider_references' as both
     from cases where subject_id = $1 order by opened_at`,
    [subject],
  );
const isWoken = async ({ id, version }: PaymentState): Promise<boolean> =>
  (await on.state(id)).version > version;
const second = 'alder_second';
const both = (amount: number): object => ({
  ...{ kind: 'contradiction', reason: 'told_of_another', amount },
  both: ['alder_1', second],
});

describe('a yes under another id than the recorded one', () => {
  test.each<[string, number, () => Promise<readonly [PaymentState, string, ProviderOutcome, ProviderClaim['kind']]>]>([
    ['an authorization', 10_000, async () => {
      const payment = await on.tried();
      return [payment, attemptOf(payment), approved({ providerReference: second }), 'authorize'];
    }],
    ['a sale', 10_000, async () => {
      const payment = await on.captured({ captureMethod: 'automatic' });
      return [payment, attemptOf(payment), approved({ providerReference: second, captured: true }), 'authorize'];
    }],
    ['a refund', 50, async () => {
      const id = newId('ref');
      const refund = { id, kind: 'refund' as const, amount: 50n };
      const payment = await on.operate(await on.captured(), refund, approved({ amountMinor: 50n }));
      return [payment, id, approved({ amountMinor: 50n, providerReference: second }), 'refund'];
    }],
  ])('%s: goes to its run, and before a person with both ids', async (_, amount, prepare) => {
    const [payment, reference, outcome, kind] = await prepare();
    const { eventId, state } = await tell(reference, outcome, kind);
    expect(state).toBe('waiting');
    expect(await isWoken(payment)).toBe(true);
    expect(await casesOf(reference)).toEqual([both(amount)]);
    // Looked up, told again in another event, and put aside by a person: the same two are one case.
    await closeTold(on.worker, 'alder', [eventId], 'looked_up', evidence({ kind: 'lookup' }), 'alder_1');
    await on.rows.all(`select close_case(id, 'staff:ada', 'voided') from cases where subject_id = $1`, [reference]);
    await tell(reference, outcome, kind);
    expect(await casesOf(reference)).toEqual([both(amount)]);
  }); // prettier-ignore
});

test('of two that are told of while nothing is known, the one that does not answer is before a person', async () => {
  const doubtful = await on.tried({}, unknown());
  const id = doubtful.attempts[0]?.id ?? '';
  const first = await tell(id, approved());
  const other = await tell(id, approved({ providerReference: second }));
  expect([first.state, other.state]).toEqual(['waiting', 'waiting']);
  const events = [first.eventId, other.eventId];
  await closeTold(on.worker, 'alder', events, 'recorded', evidence(), 'alder_1');
  expect(await casesOf(id)).toEqual([both(10_000)]);
});

test('what a settlement file listed has an id of its own, and one that tells of it confirms it', async () => {
  const payment = await on.tried();
  await on.rows.all(`update attempts set basis = '{"kind": "settlement"}' where id = $1`, [
    attemptOf(payment),
  ]);
  const { state } = await tell(attemptOf(payment), approved({ providerReference: second }));
  expect(state).toBe('confirmed');
  expect(await casesOf(attemptOf(payment))).toEqual([]);
});

describe('a look because something was told', () => {
  const dueOf = (payment: PaymentState, id: string): number | null | undefined =>
    payment.operations.find((o) => o.id === id)?.dueAt;

  test.each(['requires_approval', 'requested', 'submitting'] as const)(
    'is not meant for a refund that is %s: its time is another',
    async (status) => {
      const id = newId('ref');
      const before = await on.operate(await on.captured(), { id, kind: 'refund' }, unknown());
      const dueAt = before.now + 3_600_000;
      // Reached by no single move: set as the owner, past the table of moves.
      await on.rows.all('alter table operations disable trigger user');
      await on.rows.all('update operations set status = $2, due_at = to_timestamp($3) where id = $1', [id, status, dueAt / 1_000]);
      await on.rows.all('alter table operations enable trigger user');
      await tell(id, pending(), 'refund');
      expect(dueOf(await on.state(before.id), id)).toBe(dueAt);
    },
  ); // prettier-ignore

  test('is meant for one in doubt', async () => {
    const id = newId('ref');
    const before = await on.operate(await on.captured(), { id, kind: 'refund' }, unknown());
    await tell(id, pending(), 'refund');
    expect(dueOf(await on.state(before.id), id)).toBeLessThanOrEqual(before.now + 60_000);
    expect(dueOf(before, id)).not.toBe(dueOf(await on.state(before.id), id));
  });
});
