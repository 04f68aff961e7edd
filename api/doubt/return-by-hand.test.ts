/** Returns that failed, ended by two people who gave the money back by hand: once, whoever says what of it later. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { refundable, type PaymentState } from '../../domain/payment-state.ts';
import { newId } from '../../runtime/ids.ts';
import type { ApiResponse } from '../../test/support/api.ts';
import { aKey, seen, startApprovalsApi, type ApprovalsApi } from '../../test/support/approvals-api.ts'; // prettier-ignore
import {
  last,
  late,
  sent,
  takenBack,
  told,
  transferred,
} from '../../test/support/failed-returns.ts';
import { approved, declined, pending, seenByLookup } from '../../test/support/payments.ts';
import { verdictOf } from '../../test/support/payment-database.ts';

let it: ApprovalsApi;
beforeAll(async () => {
  it = await startApprovalsApi();
  await it.limit({ USD: 100 });
});
afterAll(() => it.close());

const byBank = { outcome: 'succeeded', paid_from: 'bank', evidence: 'transfer 4711 of our bank' };
const byHand = { ...byBank, paid_from: 'provider', evidence: 'their dashboard, 12:03' };

const ask = ({ id }: PaymentState, operationId: string, body: object): Promise<ApiResponse> =>
  it.api.post(`/v1/payments/${id}/resolve`, { operation_id: operationId, ...body }, { ...aKey(), ...it.as('support') }); // prettier-ignore
async function asked(payment: PaymentState, operationId: string, body: object): Promise<string> {
  const answer = await ask(payment, operationId, body);
  expect(seen(answer)).toBe('202 open');
  return String(answer.body['id']);
}
async function given(
  payment: PaymentState,
  operationId: string,
  body: object,
): Promise<PaymentState> {
  // prettier-ignore
  const id = await asked(payment, operationId, body);
  expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('200 approved');
  return it.on.state(payment.id);
}

/** Debits less credits; what is only held apart. */
async function books({ id }: PaymentState): Promise<Readonly<Record<string, number>>> {
  const rows = await it.on.rows.all<{ account: string; net: number }>(
    `select case e.state when 'pending' then 'held ' else '' end || p.account as account,
       sum(case p.side when 'debit' then p.amount else -p.amount end)::int as net
     from journal_entries e join postings p on p.entry_id = e.id where e.payment_id = $1
     group by 1 having sum(case p.side when 'debit' then p.amount else -p.amount end) <> 0 order by 1`,
    [id],
  );
  return Object.fromEntries(rows.map(({ account, net }) => [account, net]));
}
async function casesOf({ id }: PaymentState): Promise<readonly string[]> {
  const rows = await it.on.rows.all<{ line: string }>(
    `select concat_ws(' ', kind, reason, status, resolution) as line from cases where payment_id = $1 order by id`,
    [id],
  );
  return rows.map(({ line }) => line);
}

describe('a refund of money that came too late', () => {
  test.each([
    [byBank, { '1010': -10_000, '1100': 10_000 }],
    [byHand, {}],
  ])('is given back by hand: %j', async (body, left) => {
    const payment = await late(it, true);
    expect(await books(payment)).toEqual({ '1100': 10_000, '2900': -10_000 });
    expect(await casesOf(payment)).toEqual(['late_return do_not_honor open']);
    const { id } = last(payment);
    const after = await given(payment, id, body);
    expect(await books(after)).toEqual(left);
    expect(after.attempts).toMatchObject([{ status: 'voided' }]);
    expect(after.operations).toMatchObject([
      { id, status: 'failed' },
      {
        status: 'succeeded',
        kind: 'refund',
        late: true,
        amount: 10_000n,
        inPlaceOf: id,
        dueAt: null,
      },
    ]);
    expect(await casesOf(after)).toEqual(['late_return do_not_honor closed given_back_by_hand']);
    const lines = await it.on.rows.all(
      `select actor, kind, evidence ->> 'in_place_of' as "for", evidence ->> 'decided_by' as by from timeline
       where payment_id = $1 and evidence ? 'in_place_of' order by sequence`,
      [payment.id],
    );
    const by = { actor: 'staff:sam', for: id, by: 'staff:sam' };
    expect(lines).toEqual([{ kind: 'refund.succeeded', ...by }, { kind: 'attempt.voided', ...by }]); // prettier-ignore
    expect(seen(await ask(after, id, body))).toBe('409 nothing_to_return');
  });

  test('and told of as done after all, goes before a person and is not booked again', async () => {
    const payment = await late(it, true);
    const { id } = last(payment);
    const after = await given(payment, id, byHand);
    const later = await told(
      it,
      after,
      id,
      seenByLookup(approved({ providerReference: 'alder_9' })),
    );
    expect(await books(later)).toEqual({});
    expect(await casesOf(later)).toEqual([
      'late_return do_not_honor closed given_back_by_hand',
      'contradiction said_succeeded open',
    ]);
    expect(later.attempts).toMatchObject([{ status: 'voided' }]);
  });

  test('told of as done before the second person has agreed: nothing is left to give back', async () => {
    const payment = await late(it, true);
    const { id } = last(payment);
    const approval = await asked(payment, id, byHand);
    const later = await told(
      it,
      payment,
      id,
      seenByLookup(approved({ providerReference: 'alder_9' })),
    );
    expect(await books(later)).toEqual({});
    expect(seen(await it.decide(approval, 'approve', 'support2'))).toBe('409 not_in_doubt');
    expect(await books(later)).toEqual({});
    expect((await it.on.state(payment.id)).operations).toHaveLength(1);
  });

  test('is given back once by sixteen who agree while the provider says that it has done it', async () => {
    const payment = await late(it, true);
    const { id } = last(payment);
    const approval = await asked(payment, id, byHand);
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 16 }, () => it.decide(approval, 'approve', 'support2'))),
      told(it, payment, id, seenByLookup(approved({ providerReference: 'alder_9' }))).catch(
        () => null,
      ),
    ]);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect(await books(payment)).toEqual({});
    expect((await it.on.state(payment.id)).attempts).toMatchObject([{ status: 'voided' }]);
  });
});

test('a hold that came too late is let go of by hand, and no money is said to have moved', async () => {
  const payment = await late(it, false);
  const { id } = last(payment);
  expect(await books(payment)).toEqual({ 'held 1100': 10_000, 'held 2900': -10_000 });
  expect((await ask(payment, id, byBank)).body['errors']).toEqual([
    { pointer: '/paid_from', detail: 'no money had moved' },
  ]);
  const { paid_from: _, ...body } = byHand;
  const after = await given(payment, id, body);
  expect(await books(after)).toEqual({});
  expect(after.attempts).toMatchObject([{ status: 'voided' }]);
  expect(await casesOf(after)).toEqual(['late_return do_not_honor closed given_back_by_hand']);
});

describe('what is left over of a transfer', () => {
  const no = declined('account_closed');

  test('and could not be sent back is paid by hand once, whichever of the returns is named', async () => {
    const payment = await transferred(it, [no, no, no]);
    expect(await casesOf(payment)).toEqual(['late_return returns_failed open']);
    expect(await books(payment)).toEqual({ '1100': 700, '2900': -700 });
    const [first, , third] = payment.operations.filter(({ kind }) => kind === 'refund');
    const approvals = [
      await asked(payment, first?.id ?? '', byBank),
      await asked(payment, third?.id ?? '', byBank),
    ];
    const answers = await Promise.all(approvals.map((id) => it.decide(id, 'approve', 'support2')));
    expect(answers.map(seen).toSorted()).toEqual(['200 approved', '409 nothing_to_return']);
    expect(await books(payment)).toEqual({ '1010': -700, '1100': 700 });
    expect(await casesOf(payment)).toEqual([
      'late_return returns_failed closed given_back_by_hand',
    ]);
    const later = await told(
      it,
      payment,
      first?.id ?? '',
      seenByLookup(approved({ amountMinor: 700n })),
    );
    expect(await books(later)).toEqual({ '1010': -700, '1100': 700 });
    expect((await casesOf(later)).at(-1)).toBe('contradiction said_succeeded open');
  });

  test('and is on its way back a second time is not paid by hand', async () => {
    const payment = await transferred(it, [no, pending()]);
    const [first] = payment.operations.filter(({ kind }) => kind === 'refund');
    expect(seen(await ask(payment, first?.id ?? '', byBank))).toBe('409 nothing_to_return');
  });

  test('and was sent back after all, is booked; and once only, where it was sent twice', async () => {
    const payment = await transferred(it, [no]);
    const [first] = payment.operations.filter(({ kind }) => kind === 'refund');
    const done = seenByLookup(approved({ amountMinor: 700n }));
    const open = last(payment);
    expect(open).toMatchObject({ kind: 'refund', status: 'requested' });
    // The second is on its way: that the first was done contradicts.
    const later = await told(it, payment, first?.id ?? '', done);
    expect(await books(later)).toEqual({ '1100': 700, '2900': -700 });
    expect(await casesOf(later)).toEqual(['contradiction said_succeeded open']);
    const refused = await sent(it, later, no);
    const known = await told(it, refused, first?.id ?? '', done);
    expect(await books(known)).toEqual({});
  });
});

describe('a refund that was taken back', () => {
  test('is owed until it is paid by hand, and then refunded: it is no money to refund again', async () => {
    const payment = await takenBack(it);
    const { id } = last(payment);
    expect(await books(payment)).toMatchObject({ '2150': -60 });
    expect(refundable(payment)).toBe(10_000n);
    const after = await given(payment, id, byBank);
    expect(await books(after)).toMatchObject({ '1010': -60, '1100': 10_000 });
    expect(await books(after)).not.toHaveProperty('2150');
    expect([after.amountRefunded, refundable(after)]).toEqual([60n, 9_940n]);
    expect(seen(await ask(after, id, byBank))).toBe('409 nothing_to_return');
    const later = await told(it, after, id, seenByLookup(approved({ amountMinor: 60n })));
    expect([later.amountRefunded, refundable(later)]).toEqual([60n, 9_940n]);
    expect(await casesOf(later)).toEqual(['contradiction said_succeeded open']);
  });

  test('is not in the way of what one person may refund alone', async () => {
    const payment = await takenBack(it);
    const after = await given(payment, last(payment).id, byHand);
    expect(seen(await it.refund(after, 100))).toMatch(/^20/);
  });
});

test('what was refused and never done is no failed return', async () => {
  const payment = await it.on.operate(
    await it.captured(),
    { kind: 'refund', amount: 60n },
    declined(),
  );
  expect(seen(await ask(payment, last(payment).id, { ...byBank, paid_from: undefined }))).toBe('409 not_in_doubt'); // prettier-ignore
  const owed = await late(it, true);
  expect(seen(await ask(owed, last(owed).id, { outcome: 'not_done', evidence: 'x' }))).toBe('409 not_in_doubt'); // prettier-ignore
  expect(
    (await ask(owed, last(owed).id, { ...byBank, paid_from: undefined })).body['errors'],
  ).toEqual([{ pointer: '/paid_from', detail: 'is required: what moved the money' }]);
});

test('the database takes money that went out only with the approval of that very return', async () => {
  const payment = await late(it, true);
  const { id, attemptId } = last(payment);
  const insert = async (inPlaceOf: string | null, amount = 10_000n): Promise<string> =>
    verdictOf(
      it.on.commit(await it.on.state(payment.id), {
        timeline: [],
        operations: {
          insert: [
            {
              ...{ id: newId('ref'), attemptId, kind: 'refund', cause: 'late_success', amount },
              ...{ status: 'succeeded', final: true, late: true, dueAt: null, requestedBy: 'x' },
              basis: { kind: 'staff', detail: 'x', ...(inPlaceOf !== null && { inPlaceOf }) },
            },
          ],
        },
      }),
    );
  expect(await insert(id)).toBe('return_requires_approval');
  expect(await insert(null)).toBe('return_requires_approval');
  await given(payment, id, byHand);
  expect(await insert(id)).toBe('operations_in_place_once');
  expect(await insert(id, 1n)).toBe('return_requires_approval');
});
