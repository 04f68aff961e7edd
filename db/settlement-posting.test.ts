/** What a file does to the books when it is wrong, comes again, or is told otherwise later: every amount is somewhere, once. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { resolving, type Resolving } from '../test/support/break-resolving.ts';
import { startBreaksApi, type BreaksApi } from '../test/support/breaks.ts';
import { pending } from '../test/support/payments.ts';
import {
  openSettlementWorld,
  type LineRow,
  type Sale,
  type SettlementWorld,
} from '../test/support/settlement-world.ts';
import { advanceHorizon, closePeriod } from './ledger-closes.ts';
import { proofs, runProof } from './ledger-proofs.ts';
import { postSettlement } from './settlement-posting.ts';

let on: SettlementWorld;
let staff: BreaksApi;
let people: Resolving;
beforeEach(async () => {
  on = await openSettlementWorld();
  staff = await startBreaksApi({ on });
  people = resolving(staff);
});
afterEach(async () => {
  const broken = await Promise.all(proofs.map((proof) => runProof(on.worker, proof)));
  await staff.close();
  expect(broken.filter(({ state }) => state !== 'holds')).toEqual([]);
});

const sale = (values: Parameters<SettlementWorld['sale']>[0] = {}): Promise<Sale> =>
  on.sale({ merchantId: staff.merchantId, ...values });

function payout(gross: number, values: Partial<LineRow> = {}): Partial<LineRow> {
  const kind = gross > 0 ? 'payout' : 'collection';
  return { kind, provider_reference: 'po_1', gross, currency: 'USD', batch: 'batch-1', ...values };
}

async function openBreak(id: string): Promise<string> {
  const open = (await on.breaks(id)).filter(({ status }) => status === 'open');
  expect(open).toHaveLength(1);
  return open[0]?.id ?? '';
}

async function disputeLine({ attemptId, providerReference, payment }: Sale, values = {}) {
  const { id } = await on.rows.one<{ id: string }>(
    'select id from disputes where payment_id = $1',
    [payment.id],
  );
  return {
    ...{ kind: 'dispute', reference: id, provider_reference: `dp_${attemptId}` },
    ...{ parent_reference: providerReference, gross: -Number(payment.amount), fee: 1_500 },
    ...{ currency: payment.currency, batch: 'batch-2', ...values },
  };
}

describe('what the provider keeps', () => {
  test('of a payout itself is a cost, and leaves nothing at the provider', async () => {
    const one = await sale();
    const lines = [on.lineOf(one, { fee: 100 }), payout(9_850, { fee: -50 })];
    await on.night(await on.file(lines));
    expect(await on.books()).toEqual({ '1200 alder USD': 9_850, '4000 USD': -10_000, '5100 alder USD': 150 }); // prettier-ignore
  });

  test('of a collection likewise', async () => {
    const strange = { kind: 'adjustment', gross: -700, currency: 'USD', batch: 'batch-1' };
    await on.night(await on.file([strange, payout(-720, { fee: -20 })]));
    expect(await on.books()).toEqual({ '1200 alder USD': -720, '1900 alder USD': 700, '5100 alder USD': 20 }); // prettier-ignore
  });

  test('and gave back beyond it is mirrored', async () => {
    const one = await sale();
    await on.night(await on.file([on.lineOf(one, { fee: -30 }), payout(10_030)]));
    expect(await on.books()).toMatchObject({ '1200 alder USD': 10_030, '5100 alder USD': -30 });
  });

  test('for a dispute is booked once, and once more for a second one', async () => {
    const one = await sale();
    await on.night(await on.file([on.lineOf(one), payout(10_000)]));
    await on.disputed(one, 'opened');
    const first = await on.file([await disputeLine(one), payout(-11_500, { batch: 'batch-2' })]);
    await on.night(first);
    const open = { '1300 alder USD': 10_000, '4000 USD': -10_000 };
    expect(await on.books()).toEqual({ ...open, '1200 alder USD': -1_500, '5200 alder USD': 1_500 }); // prettier-ignore
    const back = { kind: 'dispute_reversal', gross: 10_000, fee: 0, batch: 'batch-3' };
    const again = { batch: 'batch-3' };
    const lines = [await disputeLine(one, back), await disputeLine(one, again)];
    await on.night(await on.file([...lines, payout(-1_500, { batch: 'batch-3' })]));
    expect(await on.books()).toEqual({ ...open, '1200 alder USD': -3_000, '5200 alder USD': 3_000 }); // prettier-ignore
  });
});

test('a dispute given back before we know that it is won stands in suspense until we do', async () => {
  const one = await sale();
  await on.night(await on.file([on.lineOf(one), payout(10_000)]));
  await on.disputed(one, 'opened');
  await on.night(await on.file([await disputeLine(one), payout(-11_500, { batch: 'batch-2' })]));
  const back = { kind: 'dispute_reversal', gross: 10_000, fee: -1_500, batch: 'batch-3' };
  const file = await on.file([await disputeLine(one, back), payout(11_500, { batch: 'batch-3' })]);
  await on.night(file);
  expect(await on.books()).toMatchObject({ '1300 alder USD': 10_000, '2900 alder USD': -10_000 });
  await on.disputed(one, 'won');
  await on.nextNight();
  expect(await on.books()).toEqual({ '1200 alder USD': 10_000, '4000 USD': -10_000 });
  expect((await on.breaks(file)).map(({ kind, status }) => `${kind} ${status}`)).toEqual(['amount resolved']); // prettier-ignore
});

describe('a line of nobody', () => {
  const converted = { charged: 8_000, charged_currency: 'EUR' } as const;

  test('that was converted stands in suspense as its break says, and people may end it', async () => {
    const line = { kind: 'capture', reference: 'att_x', provider_reference: 'x', batch: 'batch-1' };
    const file = await on.file([{ ...line, gross: 9_000, currency: 'USD', ...converted }, payout(9_000)]); // prettier-ignore
    await on.night(file);
    const drained = { '1200 alder USD': 9_000, '7100 EUR': 8_000, '7100 USD': -9_000 };
    expect(await on.books()).toEqual({ ...drained, '2900 alder EUR': -8_000 });
    const ended = await people.settle(await openBreak(file), { action: 'write_off' });
    expect(ended).toBe('200 approved');
    expect(await on.nextNight()).toEqual({ entries: 0, settled: 0 });
    expect(await on.books()).toEqual({ ...drained, '5400 EUR': -8_000 });
  });

  test('that is matched by people comes out of suspense, and its payment is settled', async () => {
    const one = await sale();
    const line = { kind: 'capture', reference: 'att_x', provider_reference: 'x', gross: 10_000 };
    const file = await on.file([{ ...line, currency: 'USD', batch: 'batch-1' }, payout(10_000)]);
    await on.night(file);
    const found = { action: 'force_match', subject_ids: [one.captureId] };
    expect(await people.settle(await openBreak(file), found)).toBe('200 approved');
    expect(await on.nextNight()).toEqual({ entries: 3, settled: 1 });
    expect(await on.books()).toEqual({ '1200 alder USD': 10_000, '4000 USD': -10_000 });
    expect((await on.state(one.payment.id)).status).toBe('settled');
  });

  test('that was written off is no movement of ours any more', async () => {
    const one = await sale();
    const line = { kind: 'capture', reference: 'att_x', provider_reference: 'x', gross: 10_000 };
    const file = await on.file([{ ...line, currency: 'USD', batch: 'batch-1' }, payout(10_000)]);
    await on.night(file);
    expect(await people.settle(await openBreak(file), { action: 'write_off' })).toBe('200 approved'); // prettier-ignore
    await on.pass(100);
    await on.file([], { span: [-101, 90] });
    const missing = await missingBreak(one);
    const found = { action: 'force_match', reconciliation_id: file, line: 1, subject_ids: [one.captureId] }; // prettier-ignore
    expect(await people.settle(missing, found)).toBe('409 match_not_possible');
  });

  async function missingBreak({ payment, captureId }: Sale): Promise<string> {
    const { id } = await on.rows.one<{ id: string }>(
      `insert into breaks (kind, provider, merchant_id, payment_id, subject_id, amount, currency)
       values ('missing_external', 'alder', $1, $2, $3, $4, 'USD') returning id`,
      [payment.merchantId, payment.id, captureId, payment.amount],
    );
    return id;
  }

  test('that was missing, written off and then came is a break again, and drains by people', async () => {
    const one = await sale();
    const missing = await missingBreak(one);
    expect(await people.settle(missing, { action: 'to_suspense' })).toBe('200 open');
    expect(await people.settle(missing, { action: 'write_off' })).toBe('200 approved');
    const file = await on.file([on.lineOf(one), payout(10_000)]);
    await on.night(file);
    const lost = { '4000 USD': -10_000, '5400 USD': 10_000, '1200 alder USD': 10_000 };
    expect(await on.books()).toEqual({ ...lost, '2900 alder USD': -10_000 });
    expect(await on.nextNight()).toMatchObject({ entries: 0 });
    const found = await openBreak(file);
    expect(await people.settle(found, { action: 'write_off' })).toBe('200 approved');
    expect(await on.nextNight()).toMatchObject({ entries: 0 });
    expect(await on.books()).toEqual({ '4000 USD': -10_000, '1200 alder USD': 10_000 });
  });
});

test('the rest of what was written off is a break again as well', async () => {
  const one = await sale();
  const first = await on.file([on.lineOf(one, { gross: 6_000 }), payout(6_000)]);
  await on.night(first);
  expect(await people.settle(await openBreak(first), { action: 'write_off' })).toBe('200 approved');
  const rest = on.lineOf(one, { gross: 4_000, batch: 'batch-2' });
  const second = await on.file([rest, payout(4_000, { batch: 'batch-2' })]);
  await on.night(second);
  const there = { '1200 alder USD': 10_000, '4000 USD': -10_000, '5400 USD': 4_000 };
  expect(await on.books()).toEqual({ ...there, '2900 alder USD': -4_000 });
  const found = await openBreak(second);
  expect(await people.settle(found, { action: 'write_off' })).toBe('200 approved');
  expect(await on.books()).toEqual({ '1200 alder USD': 10_000, '4000 USD': -10_000 });
});

test('of a short line that is amended nothing comes back', async () => {
  const one = await sale();
  const file = await on.file([on.lineOf(one, { gross: 6_000 }), payout(6_000)]);
  await on.night(file);
  const { id } = await on.rows.one<{ id: string }>(
    `select e.id from journal_entries e join postings p on p.entry_id = e.id
     where e.payment_id = $1 and p.account = '4000' and e.state = 'posted'`,
    [one.payment.id],
  );
  const amended = await people.settle(await openBreak(file), {
    ...{ action: 'amend', entry_id: id },
    postings: [
      { account: '1100', side: 'debit', amount: 10_000, currency: 'USD' },
      { account: '1900', side: 'credit', amount: 4_000, currency: 'USD' },
      { account: '4000', side: 'credit', amount: 6_000, currency: 'USD' },
    ],
  });
  expect(amended).toBe('200 approved');
  expect(await on.nextNight()).toMatchObject({ entries: 0 });
  expect(await on.books()).toEqual({ '1200 alder USD': 6_000, '4000 USD': -6_000 });
});

test('whatever clock it was posted by, what a break gave up comes out of suspense', async () => {
  const one = await sale({ outcome: pending() });
  const file = await on.file([on.lineOf(one), payout(10_000)]);
  await on.night(file);
  await on.told(one, on.yes(one));
  await on.rows.all(`update reconciliations set posted_at = posted_at + interval '1 hour'`);
  await on.match(file, true);
  expect(await on.nextNight()).toMatchObject({ entries: 1 });
  expect(await on.books()).toEqual({ '1200 alder USD': 10_000, '4000 USD': -10_000 });
});

test('facts of a closed month are booked in the open one, and keep their own', async () => {
  const one = await sale();
  await on.pass(40 * 24);
  const { at, date } = await on.rows.one<{ at: string; date: string }>(
    `select t::text as at, to_char(t, 'YYYY-MM-01') as date from (select tender_now() - interval '40 days' as t)`,
  );
  await advanceHorizon(on.worker);
  await closePeriod(on.worker, { kind: 'month', date, actor: 'test', reason: 'over' });
  const lines = [on.lineOf(one, { fee: 30, occurred_at: at }), payout(9_970, { occurred_at: at })];
  await on.night(await on.file(lines, { span: [-961, -959] }));
  const found = await on.rows.all(
    `select distinct occurred_at = $1::timestamptz as kept, effective_at > $1::timestamptz as moved
     from journal_entries where key in (select entry_key from settlement_postings)`,
    [at],
  );
  expect(found).toEqual([{ kept: true, moved: true }]);
});

test('posted by two at once with breaks that end meanwhile it is as posted once', async () => {
  const sales: Sale[] = [];
  for (let n = 0; n < 6; n += 1) sales.push(await sale({ outcome: pending() }));
  const file = await on.file([...sales.map((one) => on.lineOf(one)), payout(60_000)]);
  await on.night(file);
  for (const one of sales) await on.told(one, on.yes(one));
  await Promise.all([
    on.match(file, true),
    ...Array.from({ length: 4 }, () => postSettlement(on.worker, file)),
  ]);
  await Promise.all([on.nextNight(), on.nextNight()]);
  expect(await on.books()).toEqual({ '1200 alder USD': 60_000, '4000 USD': -60_000 });
});
