/** The past that features are read from: each thing once, nobody waits, nothing is scanned, nothing raw is kept. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { currencies, currencyExponent } from '../domain/currency.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { ProviderOutcome } from '../domain/provider.ts';
import type { FeatureVector } from '../domain/risk/features.ts';
import {
  openPaymentDatabase,
  sqlAs,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { declined } from '../test/support/payments.ts';
import { together } from '../test/support/stored-payment.ts';
import type { Db } from './client.ts';
import type { NewPayment } from './payments.ts';
import { foldRiskEvents, holdCounters } from './risk-counters.ts';
import { readFeatures, recordRiskEvents } from './risk-features.ts';
import { rebuildRisk } from './risk-rebuild.ts';

let on: PaymentDatabase;
let merchantId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
});
afterAll(() => on.close());

let shoppers = 0;
function aShopper(): Partial<NewPayment> {
  shoppers += 1;
  const id = String(shoppers);
  return {
    ...{ merchantId, amount: 500n, currency: 'EUR' },
    customer: { email: `shopper-${id}@example.com` },
    // What is sent is always `tok_visa` here: the fingerprint tells the cards apart.
    paymentMethod: { type: 'card', token: 'tok_visa', fingerprint: `card-of-${id}`, bin: '424242' },
    options: { shopper: { ip: `198.51.100.${id}`, device_id: `device-${id}` } },
  };
}

async function featuresOf(values: Partial<NewPayment>): Promise<FeatureVector> {
  const { id } = await on.accept(values);
  return (await readFeatures(on.worker, id)).features;
}

/** Made, and what their commits wrote down is gone: as after a process that died between the two. */
async function unrecorded(
  count: number,
  values: Partial<NewPayment>,
  outcome?: ProviderOutcome,
): Promise<readonly PaymentState[]> {
  await foldRiskEvents(on.worker);
  const made = await Promise.all(Array.from({ length: count }, () => on.tried(values, outcome)));
  const ids = made.map(({ id }) => id);
  await on.rows.all('delete from risk_events where payment_id = any($1)', [ids]);
  await on.rows.all('delete from risk_unfolded');
  return made;
}
async function oneUnrecorded(
  values: Partial<NewPayment>,
  outcome?: ProviderOutcome,
): Promise<PaymentState> {
  const [one] = await unrecorded(1, values, outcome);
  if (one === undefined) throw new Error('none was made');
  return one;
}

const waiting = async (): Promise<number> =>
  (await on.rows.one<{ n: number }>('select count(*)::int as n from risk_unfolded')).n;

describe('each thing counts once', () => {
  test('recorded and folded by ten at a time', async () => {
    const shopper = aShopper();
    const tried = await oneUnrecorded(shopper, declined());
    const before = await featuresOf(shopper);
    const recorded = await together(on.worker, 10, (db) => recordRiskEvents(db, tried.id));
    expect(recorded.reduce((sum, n) => sum + n, 0)).toBe(2);
    const waited = await waiting();
    const folded = await Promise.all([1, 2, 3, 4].map(() => foldRiskEvents(on.worker)));
    expect([folded.reduce((sum, n) => sum + n, 0), await waiting()]).toEqual([waited, 0]);
    const after = await featuresOf(shopper);
    expect(after).toMatchObject({ card_attempts_1h: 1, card_declines_1h: 1, ip_cards_1h: 1 });
    for (const name of ['merchant_attempts_1h', 'merchant_declines_1d', 'bin_attempts_1m'] as const)
      expect(after[name]).toBe(before[name] + 1);
  });

  test('folded by ten at a time while ten record', async () => {
    const shopper = aShopper();
    const before = await featuresOf(shopper);
    const tries = await unrecorded(20, shopper);
    await together(on.worker, 10, async (db, i) => {
      for (const { id } of tries.slice(2 * i, 2 * i + 2)) {
        await recordRiskEvents(db, id);
        await foldRiskEvents(on.worker);
      }
    });
    expect(await waiting()).toBe(0);
    const after = await featuresOf(shopper);
    expect(after.merchant_attempts_1d).toBe(before.merchant_attempts_1d + 20);
    expect(after.bin_attempts_1d).toBe(before.bin_attempts_1d + 20);
  });

  test('an undone transaction counts nothing', async () => {
    const shopper = aShopper();
    const tried = await oneUnrecorded(shopper);
    const undone = on.worker.transaction().execute(async (trx) => {
      await recordRiskEvents(trx, tried.id);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await featuresOf(shopper)).toMatchObject({ card_attempts_1d: 0 });
    expect(await recordRiskEvents(on.worker, tried.id)).toBe(1);
  });

  test('what is recorded while all is made again', async () => {
    const shopper = aShopper();
    const before = await featuresOf(shopper);
    const tries = await unrecorded(12, shopper);
    await Promise.all([
      rebuildRisk(on.worker),
      ...tries.map(({ id }) => recordRiskEvents(on.worker, id)),
      foldRiskEvents(on.worker),
    ]);
    await foldRiskEvents(on.worker);
    const after = await featuresOf(shopper);
    expect(after.card_attempts_1h).toBe(12);
    expect(after.merchant_attempts_1h).toBe(before.merchant_attempts_1h + 12);
  });
});

test('a payment waits for no counter', async () => {
  const shopper = aShopper();
  const [first, second] = await unrecorded(2, shopper);
  if (first === undefined || second === undefined) throw new Error('none was made');
  const bounded = sql`set local lock_timeout = '1s'`;
  await on.worker.transaction().execute(async (keeper) => {
    await holdCounters(keeper);
    await sql`update risk_counters set counters = counters`.execute(keeper);
    await on.worker.transaction().execute(async (one) => {
      await bounded.execute(one);
      expect(await recordRiskEvents(one, first.id)).toBe(1);
      // Neither does one for another of the same shopper, whose transaction is still open.
      await on.worker.transaction().execute(async (other) => {
        await bounded.execute(other);
        expect(await recordRiskEvents(other, second.id)).toBe(1);
        expect(
          (await readFeatures(other, second.id)).features.merchant_attempts_1h,
        ).toBeGreaterThan(0);
      });
    });
  });
});

describe('as of', () => {
  test('an earlier moment nothing of what came after it is seen', async () => {
    const shopper = aShopper();
    const early = await on.accept(shopper);
    const { asOf } = await readFeatures(on.worker, early.id);
    const later = await on.tried(shopper);
    await recordRiskEvents(on.worker, later.id);
    const then = await readFeatures(on.worker, early.id, asOf);
    expect(then.features).toMatchObject({ card_attempts_30d: 0, card_seconds_since_first: -1 });
    const now = await readFeatures(on.worker, early.id);
    expect(now.features).toMatchObject({ card_attempts_30d: 1 });
  });

  test('a merchant is judged by what it was a week before', async () => {
    const shopper = { ...aShopper(), merchantId: await on.newMerchant() };
    const payment = await on.captured(shopper);
    await on.rows.all(
      `insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, amount, fee, currency,
         reason, due_by) values ('dsp_risk', $1, $2, $3, 'alder', 'dsp_risk', 'needs_response', 1, 0, 'EUR', 'fraudulent', now())`,
      [payment.merchantId, payment.id, payment.attempts[0]?.id],
    );
    // Its attempt is written down with it.
    expect(await recordRiskEvents(on.worker, payment.id)).toBe(1);
    const soon = await featuresOf(shopper);
    expect(soon).toMatchObject({ card_frauds_30d: 1, merchant_risk_7d: 0, merchant_count_7d: 0 });
    await on.rows.all(`update clock set offset_seconds = offset_seconds + 8 * 86400`);
    const late = await featuresOf(shopper);
    expect(late).toMatchObject({
      merchant_risk_7d: 1,
      merchant_count_7d: 1,
      merchant_attempts_7d: 0,
    });
  });

  test.each([
    ['fraudulent', true],
    ['10.4', true],
    ['4837', true],
    ['No Cardholder Authorization', true],
    ['product_not_received', false],
    ['13.1', false],
    ['110.4', false],
  ])('the reason %s is fraud: %s', async (reason, is) => {
    expect(await on.rows.one('select is_fraud_reason($1) as is', [reason])).toEqual({ is });
  });
});

interface TuplesRead {
  readonly name: string;
  readonly scans: number;
  readonly tuples: number;
}

/** By this connection. */
async function tuplesRead(trx: Db): Promise<readonly TuplesRead[]> {
  const { rows } = await sql<TuplesRead>`
    select relname::text as name, seq_scan::int as scans, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as tuples
    from pg_stat_xact_user_tables`.execute(trx);
  return rows;
}

test('however much is stored, reading finds its rows by key', async () => {
  const shopper = aShopper();
  const { id } = await on.accept(shopper);
  await on.rows.all(
    `insert into risk_events select 'x' || i, 1, 'p' || i, 'mer_x', i, i, 1, 'EUR', i, i, i, i, i, '1' from generate_series(1, 3000) i`,
  );
  const used = await on.worker.transaction().execute(async (trx) => {
    const before = await tuplesRead(trx);
    await readFeatures(trx, id);
    const after = await tuplesRead(trx);
    return after.map((row) => ({ ...row, before: before.find(({ name }) => name === row.name) }));
  });
  // These two have one row each.
  const read = used
    .filter(({ name }) => !['clock', 'risk_key'].includes(name))
    .map(({ name, scans, tuples, before }) => ({
      name,
      scans: scans - (before?.scans ?? 0),
      tuples: tuples - (before?.tuples ?? 0),
    }));
  expect(read.map(({ name }) => name)).toContain('risk_events');
  expect(read.filter(({ scans, tuples }) => scans > 0 || tuples > 40)).toEqual([]);
  await on.rows.all(`delete from risk_events where merchant_id = 'mer_x'`);
});

describe('what is kept', () => {
  test('no e-mail, address, device or token, and the address not even with the payment', async () => {
    const options = { shopper: { ip: '203.0.113.77', device_id: 'my-own-phone' } };
    const { id } = await on.tried({ ...aShopper(), options });
    await recordRiskEvents(on.worker, id);
    await foldRiskEvents(on.worker);
    const kept = await on.rows.all(
      `select to_jsonb(r)::text as row from risk_events r union all select to_jsonb(c)::text from risk_counters c
       union all select to_jsonb(p)::text from payments p union all select to_jsonb(o)::text from outbox o`,
    );
    const all = JSON.stringify(kept);
    expect(all).toContain(id);
    for (const raw of ['203.0.113.77', 'my-own-phone']) expect(all).not.toContain(raw);
    const events = JSON.stringify(await on.rows.all('select to_jsonb(r)::text from risk_events r'));
    for (const raw of ['@example.com', 'card-of-', 'tok_']) expect(events).not.toContain(raw);
  });

  test('an IPv6 address is its /64, and one that only wraps an IPv4 address is that', async () => {
    const seen = async (ip: string): Promise<unknown> => {
      const { id } = await on.accept({ merchantId, options: { shopper: { ip } } });
      return (await readFeatures(on.worker, id)).facts.ip;
    };
    expect(await seen('2001:db8:1:2::7')).toBe(await seen('2001:DB8:1:2:ffff::1'));
    expect(await seen('2001:db8:1:2::7')).not.toBe(await seen('2001:db8:1:3::7'));
    expect(await seen('::ffff:192.0.2.1')).toBe(await seen('192.0.2.1'));
    expect(await seen('192.0.2.1')).not.toBe(await seen('192.0.2.2'));
  });

  test('amounts are hundredths of the major unit in every currency', async () => {
    for (const currency of currencies) {
      const expected = 12_345 * 10 ** (2 - currencyExponent(currency));
      const { amount } = await on.rows.one<{ amount: string }>(
        'select risk_amount(12345, $1)::text as amount',
        [currency],
      );
      expect([currency, Number(amount)]).toEqual([currency, Math.round(expected)]);
    }
  });

  test('nobody reads the key, and the API nothing of it all', async () => {
    const as = (role: 'tender_api' | 'tender_worker', statement: string): Promise<string> =>
      verdictOf(sqlAs(on, role, merchantId, sql.raw(statement)));
    expect(await as('tender_worker', 'select key from risk_key')).toBe('42501');
    for (const table of ['risk_key', 'risk_events', 'risk_unfolded', 'risk_counters'])
      expect(await as('tender_api', `select 1 from ${table}`)).toBe('42501');
    for (const call of [
      'read_risk_past(null, null)',
      'record_risk_events(null)',
      "risk_hash('', '', '')",
    ])
      expect(await as('tender_api', `select ${call}`)).toBe('42501');
    expect(await as('tender_worker', 'update risk_events set amount = 0')).toBe('42501');
  });
});
