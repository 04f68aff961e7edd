/** What stands still is found once, for as long as it does; what does not is left alone. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { detectionRule } from '../domain/detection.ts';
import { newId } from '../runtime/ids.ts';
import { insertPayout } from '../test/support/payouts.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import { aContract, notSent, unknown } from '../test/support/payments.ts';
import { receiveWebhook, setClockOffset } from './access.ts';
import { countDetections, listDetections, recordDetections } from './detections.ts';
import { sweepInbox } from './inbox.ts';
import { recordSettlement } from './settlement.ts';

let on: PaymentDatabase;
beforeEach(async () => {
  on = await openPaymentDatabase();
});
afterEach(() => on.close());

const hour = 3_600;
const day = 24 * hour;
const rules = [detectionRule(aContract())];
const look = () => recordDetections(on.worker, rules);
/** Without what every installation has that nobody closes the books of. */
const found = async (kind: string) =>
  (await listDetections(on.worker, 100)).filter((one) => one.kind === kind);
async function pass(seconds: number): Promise<void> {
  const { offset } = await on.rows.one<{ offset: number }>(
    'select offset_seconds::int as offset from clock',
  );
  await setClockOffset(on.api, offset + seconds);
}

test('an installation at rest has nothing that stands still', async () => {
  await on.captured();
  expect(await look()).toEqual({ opened: [], closed: [] });
});

describe('an unknown', () => {
  test('is found once it is older than its contract has it, once, and closed when it ends', async () => {
    const payment = await on.tried({}, unknown());
    await pass(30 * 60);
    await look();
    expect(await found('unknown')).toEqual([]);
    await pass(hour);
    const [attempt] = payment.attempts;
    const first = await look();
    expect(first.opened).toContainEqual({
      ...{ kind: 'unknown', subject: attempt?.id, provider: 'alder', payment_id: payment.id },
      since: new Date(attempt?.sendBy ?? NaN),
      detail: { what: 'attempt', amount: '10000', currency: 'USD' },
    });
    expect((await look()).opened).toEqual([]);
    const several = await Promise.all([1, 2, 3, 4].map(() => look()));
    expect(several.flatMap(({ opened }) => opened)).toEqual([]);
    expect(await found('unknown')).toHaveLength(1);
    await on.rows.all(`update attempts set status = 'declined' where id = $1`, [attempt?.id]);
    const last = await look();
    expect(last.closed.map(({ subject }) => subject)).toContain(attempt?.id);
    expect(await found('unknown')).toEqual([]);
    const kept = await on.rows.one(
      `select closed_at >= opened_at as kept from detections where kind = 'unknown'`,
    );
    expect(kept).toEqual({ kept: true });
  });

  test('that many look at for the first time at once is one row', async () => {
    await on.tried({}, unknown());
    await pass(2 * hour);
    const several = await Promise.all([1, 2, 3, 4, 5, 6].map(() => look()));
    const opened = several.flatMap((one) => one.opened).filter(({ kind }) => kind === 'unknown');
    expect(opened).toHaveLength(1);
    expect(await found('unknown')).toHaveLength(1);
  });

  test('refund is named by its operation', async () => {
    const payment = await on.captured();
    const asked = await on.operate(payment, { kind: 'refund', amount: 40n }, unknown());
    const [refund] = asked.operations.filter(({ kind }) => kind === 'refund');
    await pass(2 * hour);
    await look();
    expect(await found('unknown')).toMatchObject([
      { subject: refund?.id, provider: 'alder', detail: { what: 'refund', amount: '40' } },
    ]);
  });

  test('of a contract whose absence is never final waits for its files', async () => {
    const forever = detectionRule(aContract({ absenceFinalAfterMs: null }));
    await on.tried({}, unknown());
    await pass(4 * day);
    const kinds = async (): Promise<readonly string[]> =>
      (await recordDetections(on.worker, [forever])).opened.map(({ kind }) => kind);
    expect(await kinds()).not.toContain('unknown');
    await pass(1.1 * day);
    expect(await kinds()).toContain('unknown');
  });
});

test('a payment nobody wakes is found, and not one whose time is to come', async () => {
  const payment = await on.accept();
  await pass(10 * 60);
  await look();
  expect(await found('overdue')).toEqual([]);
  await pass(10 * 60);
  const waiting = await on.tried({}, notSent());
  expect((await look()).opened).toMatchObject([
    { kind: 'overdue', subject: payment.id, detail: { status: 'processing' } },
  ]);
  expect(waiting.id).not.toBe(payment.id);
  // Seen again after its end, it is another.
  const wake = (at: string) => on.rows.all(`update payments set wake_at = ${at} where id = $1`, [payment.id]); // prettier-ignore
  await wake('null');
  expect((await look()).closed).toHaveLength(1);
  await wake(`tender_now() - interval '1 hour'`);
  expect((await look()).opened).toHaveLength(1);
  expect(await on.rows.all(`select from detections where kind = 'overdue'`)).toHaveLength(2);
});

test('what waits for its provider for half a month is found', async () => {
  const payment = await on.captured();
  const pending = { kind: 'pending', evidence: { kind: 'reply', provider: 'alder' } } as const;
  const asked = await on.operate(payment, { kind: 'refund', amount: 40n }, pending as never);
  await pass(14 * day);
  await look();
  expect(await found('pending')).toEqual([]);
  await pass(2 * day);
  await look();
  const [refund] = asked.operations.filter(({ kind }) => kind === 'refund');
  expect(await found('pending')).toMatchObject([{ subject: refund?.id, payment_id: payment.id }]);
});

test('events that fit nothing are one finding of their provider', async () => {
  const event = () =>
    receiveWebhook(
      on.api,
      {
        ...{ provider: 'alder', eventId: newId('evt'), type: 'test', reference: newId('att') },
        raw: Buffer.from('{}'),
      },
      0,
    );
  await event();
  await event();
  await look();
  expect(await found('events')).toEqual([]);
  await pass(2 * hour);
  await sweepInbox(on.worker, { unmatchedMs: hour * 1_000, againMs: hour * 1_000 });
  await look();
  expect(await found('events')).toMatchObject([{ subject: 'alder', detail: { unmatched: 2 } }]);
  await event();
  await pass(2 * hour);
  await sweepInbox(on.worker, { unmatchedMs: hour * 1_000, againMs: hour * 1_000 });
  expect((await look()).opened).toEqual([]);
  expect(await found('events')).toMatchObject([{ subject: 'alder', detail: { unmatched: 3 } }]);
});

describe('files of a provider', () => {
  const file = async (fromDays: number, toDays: number): Promise<void> => {
    const { start } = await on.rows.one<{ start: Date }>(
      `select date_trunc('day', effective_at) as start from journal_entries order by id limit 1`,
    );
    const at = (days: number): string =>
      new Date(start.getTime() + days * 1_000 * day).toISOString();
    await recordSettlement(on.worker, {
      ...{ provider: 'alder', coversFrom: at(fromDays), coversTo: at(toDays), lists: ['captured'] },
      ...{
        sourceHash: newId('x')
          .slice(-32)
          .padStart(64, '0')
          .replaceAll(/[^0-9a-f]/g, '0'),
      },
      statements: [],
    });
  };

  test('that never came are missed while it owes us, not before their time', async () => {
    await on.captured();
    await pass(2.5 * day);
    await look();
    expect(await found('report')).toEqual([]);
    await pass(0.6 * day);
    await look();
    expect(await found('report')).toMatchObject([{ subject: 'alder', detail: { gaps: 1 } }]);
    await file(0, 3);
    await look();
    expect(await found('report')).toEqual([]);
    await pass(4 * day);
    await look();
    expect(await found('report')).toHaveLength(1);
  });

  test('are missed in the middle, too', async () => {
    await on.captured();
    await pass(7 * day);
    await file(0, 2);
    await file(3, 7);
    await look();
    const [gap] = await found('report');
    expect(gap).toMatchObject({ subject: 'alder', detail: { gaps: 1 } });
    // One that reaches over both of its edges.
    await file(1, 4);
    await look();
    expect(await found('report')).toEqual([]);
  });

  test('of one that owes nothing are not waited for', async () => {
    await on.accept();
    await pass(30 * day);
    await look();
    expect(await found('report')).toEqual([]);
  });
});

test('days and months that nobody closed are found', async () => {
  await on.captured();
  await pass(day);
  await look();
  expect(await found('close')).toEqual([]);
  await pass(day);
  await look();
  expect(await found('close')).toMatchObject([{ subject: 'day' }]);
  await pass(40 * day);
  await look();
  expect((await found('close')).map(({ subject }) => subject).sort()).toEqual(['day', 'month']);
  expect((await countDetections(on.worker))['close']).toBe(2);
});

test('only workers look, and the API sees none of it', async () => {
  await expect(recordDetections(on.api, rules)).rejects.toMatchObject({ code: '42501' });
  await expect(listDetections(on.api, 1)).rejects.toMatchObject({ code: '42501' });
});

test('a payout is found when nobody can say whether it was paid, and when nobody looks after it', async () => {
  const sent = `sent_count = 1, send_by = tender_now(), key_horizon = tender_now()`;
  const merchant = await on.newMerchant();
  const ids = [newId('po'), newId('po'), newId('po'), newId('po')];
  const [doubtful, slow, forgotten, paid] = ids;
  for (const id of ids) await insertPayout(on.rows, merchant, id);
  const change = (id: string | undefined, to: string): Promise<unknown> =>
    on.rows.all(
      `begin; set local session_replication_role = replica; update payouts set ${to} where id = '${id ?? ''}'; commit`,
    );
  await change(doubtful, `status = 'unknown', ${sent}, due_at = tender_now() + interval '9 days'`);
  await change(slow, `status = 'pending', ${sent}, due_at = tender_now() + interval '9 days'`);
  await change(paid, `status = 'paid', ${sent}, due_at = tender_now() + interval '9 days'`);
  const payouts = async (): Promise<readonly string[]> =>
    (await look(), await found('payout')).map(({ subject }) => subject).sort();
  expect(await payouts()).toEqual([]);
  await pass(hour + 60);
  expect(await payouts()).toEqual([forgotten]);
  await pass(day);
  expect(await payouts()).toEqual([doubtful, forgotten].sort());
  await pass(4 * day);
  expect(await payouts()).toEqual([doubtful, slow, forgotten].sort());
});
