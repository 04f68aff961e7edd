/** Payouts on real PostgreSQL and a real bank: sent once, never guessed, and the money is where the row says. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  askForAll,
  closeProven,
  openPayoutWorld,
  type PayoutWorld,
} from '../../test/support/payouts.ts';

let on: PayoutWorld;
beforeEach(async () => {
  on = await openPayoutWorld();
});
afterEach(() => closeProven(on));
const asked = (account?: string): Promise<string> => askForAll(on, account);

describe('a payout', () => {
  test('takes its money from what is available, is sent, and paid when it has arrived', async () => {
    const id = await asked();
    expect(await on.money()).toEqual({ in_payout: 5_000 });
    expect(await on.drive(id)).toBe('pending');
    expect(await on.booked(id)).toEqual([]);
    await on.hours(25);
    expect(await on.resolveAll()).toBe(1);
    expect(await on.payout(id)).toMatchObject({ status: 'paid', sent_count: 1 });
    expect([await on.booked(id), await on.money()]).toEqual([['payout 5000'], { bank: -5_000 }]);
    expect(await on.events(id)).toEqual(['merchant_payout_sent', 'merchant_payout_confirmed']);
  });

  test.each([
    ['ba_payout_refused', 'account_closed', 0],
    ['ba_nobody', 'invalid_account', 0],
    ['ba_payout_fails', 'account_closed', 25],
  ])('to %s fails with %s, and its money is available again', async (account, code, hours) => {
    const id = await asked(account);
    await on.drive(id);
    await on.hours(hours);
    await on.resolveAll();
    expect(await on.payout(id)).toMatchObject({ status: 'failed', failure_code: code });
    expect([await on.booked(id), await on.money()]).toEqual([[], { available: 5_000 }]);
  });

  test('that bounces after it was paid is failed afterwards, with entries', async () => {
    const id = await asked('ba_payout_returned');
    await on.drive(id);
    await on.hours(25);
    await on.resolveAll();
    expect((await on.payout(id)).status).toBe('paid');
    await on.hours(24 * 4);
    await on.resolveAll();
    expect(await on.payout(id)).toMatchObject({ status: 'failed', due_at: null });
    expect([await on.booked(id), await on.money()]).toEqual([
      ['payout 5000', 'payout_return 5000'],
      { available: 5_000 },
    ]);
    expect((await on.events(id)).at(-1)).toBe('merchant_payout_returned');
    const told = await on.rows.all(
      'select type, sequence from outbox where stream = $1 order by sequence',
      [id],
    );
    expect(told).toEqual([
      { type: 'payout.paid', sequence: 1 },
      { type: 'payout.failed', sequence: 2 },
    ]);
  });

  test('found back already when it is first looked at was paid and returned', async () => {
    const id = await asked('ba_payout_returned');
    await on.drive(id);
    await on.hours(24 * 6);
    await on.resolveAll();
    expect((await on.payout(id)).status).toBe('failed');
    expect((await on.events(id)).slice(1)).toEqual([
      'merchant_payout_confirmed',
      'merchant_payout_returned',
    ]);
  });
});

describe('an answer that is lost', () => {
  test.each(['ba_payout_lost_reply', 'ba_payout_error_500'])(
    '(%s) is unknown, looked up by our reference, and never sent twice',
    async (account) => {
      const id = await asked(account);
      expect(await on.drive(id)).toBe('unknown');
      expect(await on.money()).toEqual({ in_payout: 5_000 });
      const booked = account === 'ba_payout_lost_reply';
      await on.hours(0.1);
      await on.resolveAll();
      expect(await on.payout(id)).toMatchObject(
        booked ? { status: 'pending' } : { status: 'failed', failure_code: 'not_received' },
      );
      await on.hours(25);
      await on.resolveAll();
      expect((await on.payout(id)).sent_count).toBe(1);
      expect([await on.booked(id), await on.money()]).toEqual(
        booked ? [['payout 5000'], { bank: -5_000 }] : [[], { available: 5_000 }],
      );
    },
  );

  test('whose request comes late, after it was called off, pays nobody', async () => {
    const id = await asked();
    let send: () => Promise<unknown> = async () => undefined;
    const stuck = (real: { payOut?: unknown }): object => ({
      payOut: async (request: never) => {
        send = () => (real.payOut as (r: never) => Promise<unknown>)(request);
        return {
          kind: 'unknown',
          evidence: { kind: 'provider_reply', provider: 'bank', detail: 'deadline' },
        };
      },
    });
    expect(await on.drive(id, stuck)).toBe('unknown');
    await on.hours(0.1);
    await on.resolveAll();
    expect((await on.payout(id)).failure_code).toBe('not_received');
    await send();
    await on.hours(25);
    await on.resolveAll();
    expect([await on.booked(id), await on.money()]).toEqual([[], { available: 5_000 }]);
  });

  test('of a bank that said no and paid is put right a day later', async () => {
    const id = await asked();
    await on.sandbox.setFaults([
      { provider: 'bank', operation: 'payout', fault: 'late_success', rate: 1 },
    ]);
    expect(await on.drive(id)).toBe('failed');
    await on.sandbox.setFaults([]);
    const second = await on.ask(3_000n);
    await on.drive(second);
    await on.hours(25);
    await on.resolveAll();
    expect((await on.payout(id)).status).toBe('paid');
    await on.resolveAll();
    expect([await on.booked(id), await on.booked(second)]).toEqual([
      ['payout 5000'],
      ['payout 3000'],
    ]);
    expect(await on.money()).toEqual({ negative: 3_000, bank: -8_000 });
  });

  test('when nothing left us it is sent again, and after a day given up', async () => {
    const id = await asked();
    await on.sandbox.setFaults([
      { provider: 'bank', operation: 'payout', fault: 'rate_limited', rate: 1 },
    ]);
    expect(await on.drive(id)).toBe('requested');
    await on.sandbox.setFaults([]);
    await on.hours(0.1);
    expect(await on.drive(id)).toBe('pending');
    expect((await on.payout(id)).sent_count).toBe(2);
    await on.hours(25);
    await on.resolveAll();
    expect(await on.booked(id)).toEqual(['payout 5000']);
    await on.earn(700n);
    const late = await on.ask();
    await on.hours(24.1);
    await on.resolveAll();
    expect(await on.payout(late)).toMatchObject({
      status: 'failed',
      failure_code: 'not_sent_in_time',
    });
  });
});

test('by a provider that nobody has set up it waits for a day, and is available again', async () => {
  await on.payTo('ba_payout');
  await on.settle({
    delay_days: 0,
    destinations: { USD: { provider: 'gone', token: 't', last4: '1', holder: 'x' } },
  });
  await on.earn(5_000n);
  const id = await on.ask();
  expect(await on.drive(id)).toBe('requested');
  await on.hours(25);
  await on.resolveAll();
  expect(await on.payout(id)).toMatchObject({ status: 'failed', failure_code: 'not_sent_in_time' });
  expect(await on.money()).toEqual({ available: 5_000 });
});

describe('a process that dies', () => {
  test('between its permit and its call has sent nothing: called off, and available again', async () => {
    const id = await asked();
    const dies = on.drive(id, () => ({ payOut: () => Promise.reject(new Error('killed')) }));
    await expect(dies).rejects.toThrow('killed');
    expect((await on.payout(id)).status).toBe('submitting');
    expect(await on.resolveAll()).toBe(0);
    await on.hours(0.1);
    await on.resolveAll();
    expect(await on.payout(id)).toMatchObject({ status: 'failed', failure_code: 'not_received' });
  });

  test('between its call and its record: found, and not sent again', async () => {
    const id = await asked();
    const dies = on.drive(id, (real) => ({
      payOut: async (request) => {
        await real.payOut?.(request);
        throw new Error('killed');
      },
    }));
    await expect(dies).rejects.toThrow('killed');
    await on.hours(25);
    await on.resolveAll();
    expect(await on.payout(id)).toMatchObject({ status: 'paid', sent_count: 1 });
    expect(await on.booked(id)).toEqual(['payout 5000']);
  });
});
