/** Closing on time: every period that is over, however many were missed, and none that is not. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setClockOffset } from '../db/access.ts';
import { raiseAlarm } from '../db/ledger-alarms.ts';
import { advanceHorizon, closePeriod, listPeriodsToClose } from '../db/ledger-closes.ts';
import { anEntry, postEntries } from '../test/support/ledger-entries.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import { waitFor } from '../test/support/wait.ts';
import { closeDue } from './close-periods.ts';

let on: PaymentDatabase;
beforeEach(async () => {
  on = await openPaymentDatabase();
});
afterEach(() => on.close());

const daySeconds = 86_400;
const due = (kind: 'day' | 'month', afterDays = 0, stopped = false) => {
  const signal = stopped ? AbortSignal.abort() : new AbortController().signal;
  return closeDue({ db: on.worker, signal }, { kind, afterDays });
};
/** The days from today on, as they were before the clock moved. */
async function daysFromNow(count: number): Promise<readonly string[]> {
  const rows = await on.rows.all<{ day: string }>(
    `select to_char(d, 'YYYY-MM-DD') as day from generate_series(0, $1::int - 1) n, lateral (select tender_now() + n * interval '1 day') x (d) order by n`,
    [count],
  );
  return rows.map(({ day }) => day);
}
async function pass(seconds: number): Promise<void> {
  const { offset } = await on.rows.one<{ offset: number }>(
    'select offset_seconds::int as offset from clock',
  );
  await setClockOffset(on.api, offset + seconds);
  const { now } = await on.rows.one<{ now: Date }>('select tender_now() as now');
  await waitFor(async () => expect((await advanceHorizon(on.worker)) >= now).toBe(true));
}

test('an installation without entries has nothing to close', async () => {
  await pass(40 * daySeconds);
  expect(await due('day')).toEqual({ closed: [], held: null, more: false });
  expect(await due('month')).toEqual({ closed: [], held: null, more: false });
});

test('every day that is over is closed once, those that were missed first, today not', async () => {
  const merchantId = await on.newMerchant();
  const days = await daysFromNow(40);
  await postEntries(on.worker, anEntry(merchantId));
  expect(await due('day')).toEqual({ closed: [], held: null, more: false });
  await pass(35 * daySeconds);
  // Two at once: each finds what the other has done meanwhile.
  const [one, other] = await Promise.all([due('day'), due('day')]);
  expect([one.held, other.held]).toEqual([null, null]);
  const together = [...new Set([...one.closed, ...other.closed])].sort();
  expect(together).toEqual(days.slice(0, together.length));
  expect(together.length).toBeGreaterThanOrEqual(31);
  await due('day');
  const closes = await on.rows.all<{ period: string; entries: number; closed_by: string }>(
    'select period, entries::int, closed_by from ledger_closes order by period',
  );
  expect(closes.map(({ period }) => period)).toEqual(days.slice(0, 35));
  expect(closes[0]).toEqual({ period: days[0], entries: 1, closed_by: 'schedule' });
  expect(await due('day')).toEqual({ closed: [], held: null, more: false });
});

test('a day that a person closed is left as it is, and the days before it are closed', async () => {
  const merchantId = await on.newMerchant();
  const days = await daysFromNow(3);
  await postEntries(on.worker, anEntry(merchantId));
  await pass(2 * daySeconds);
  const [, second = ''] = days;
  await closePeriod(on.worker, { kind: 'day', date: second, actor: 'staff:ada', reason: 'audit' });
  expect((await due('day')).closed).toEqual([days[0]]);
  const rows = await on.rows.all('select closed_by from ledger_closes order by period');
  expect(rows).toEqual([{ closed_by: 'schedule' }, { closed_by: 'staff:ada' }]);
});

test('a month is closed days after its end, and not while an alarm is open', async () => {
  const merchantId = await on.newMerchant();
  await postEntries(on.worker, anEntry(merchantId));
  const { left, month } = await on.rows.one<{ left: number; month: string }>(`
    select extract(epoch from date_trunc('month', tender_now()) + interval '1 month' - tender_now())::int as left,
      to_char(tender_now(), 'YYYY-MM') as month`);
  await pass(left + 4 * daySeconds - 600);
  expect(await due('month', 4)).toEqual({ closed: [], held: null, more: false });
  await pass(700);
  await raiseAlarm(on.worker, 'balances', 'a balance differs');
  expect(await due('month', 4)).toEqual({ closed: [], held: 'open_alarms', more: false });
  expect(await listPeriodsToClose(on.worker, 'month', 4, 9)).toEqual([`${month}-01`]);
  await on.rows.all(`select acknowledge_ledger_alarm(id, 'staff:ada', 'seen') from ledger_alarms`);
  expect(await due('month', 4)).toEqual({ closed: [month], held: null, more: false });
  expect(await on.rows.all('select period from closed_months')).toEqual([{ period: month }]);
});

test('it ends between two periods when its process is to end', async () => {
  const merchantId = await on.newMerchant();
  await postEntries(on.worker, anEntry(merchantId));
  await pass(2 * daySeconds);
  await expect(due('day', 0, true)).rejects.toThrow(/abort/i);
  expect(await on.rows.all('select from ledger_closes')).toEqual([]);
});

test('only workers learn what is to be closed', async () => {
  await expect(listPeriodsToClose(on.api, 'day', 0, 1)).rejects.toMatchObject({ code: '42501' });
});
