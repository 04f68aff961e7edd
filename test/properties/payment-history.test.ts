/**
 * What must hold for every payment, whatever is lost, late, doubled or paused on its way. Proven by
 * comparing our books with the providers' at the end of random histories; see `history.ts`.
 */
import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PaymentRow } from '../../db/snapshot.ts';
import { finalPaymentStatuses } from '../../domain/payment.ts';
import { aContract, now } from '../support/payments.ts';
import { histories, live, type History, type Lived, type Wire } from './history.ts';
import { createMemoryDatabase } from './memory-database.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['TENDER_TEST_RUNS'] ?? 400);
const second = 1_000;
const minute = 60 * second;

beforeAll(() => {
  process.stderr.write(`payment histories: TENDER_TEST_SEED=${String(seed)}\n`);
});

const contracts = [
  aContract({ name: 'alder' }),
  aContract({
    name: 'birch',
    sale: false,
    multipleCaptures: false,
    voidByReference: false,
    keyLifeMs: 60 * minute,
    errorsCached: false,
    absenceFinalAfterMs: 30 * second,
    settlingMs: 3 * second,
  }),
  aContract({
    name: 'cedar',
    keyLifeMs: 30 * minute,
    errorsCached: false,
    absenceFinalAfterMs: null,
    settlingMs: 5 * second,
  }),
];

function aRow(history: History): PaymentRow {
  return {
    id: 'pay_1',
    merchant_id: 'mer_1',
    version: 1,
    status: 'processing',
    amount: 10_000,
    currency: 'USD',
    capture_method: history.captureMethod,
    payment_method: { type: 'card', token: 'tok_visa' },
    merchant_reference: null,
    customer_id: null,
    metadata: {},
    options: {},
    regulated: null,
    amount_authorized: 0,
    amount_captured: 0,
    capture_reserved: 0,
    amount_refunded: 0,
    refund_reserved: 0,
    amount_disputed: 0,
    amount_excess: 0,
    void_open: false,
    capture_closed: false,
    submit_within_ms: 5 * minute,
    submit_by: new Date(now + 5 * minute).toISOString(),
    expires_at: new Date(now + 24 * 60 * minute).toISOString(),
    wake_at: null,
    next_action: null,
    last_decline: null,
    status_basis: { kind: 'request', detail: 'test' },
    created_at: new Date(now).toISOString(),
    updated_at: new Date(now).toISOString(),
  };
}

async function forAll(wires: readonly Wire[], holds: (lived: Lived) => void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(histories(wires), async (history) => {
      const database = createMemoryDatabase(aRow(history), 'own', now);
      holds(await live(history, database, contracts));
    }),
    { seed, numRuns },
  );
}

const gentle: readonly Wire[] = ['ok', 'refused', 'request_lost', 'reply_lost', 'late'];
const paused: readonly Wire[] = [...gentle, 'held'];
const hostile: readonly Wire[] = [...paused, 'refused_and_held'];

function sameBooks({ providers, database }: Lived): void {
  for (const model of providers) {
    const { name } = model.provider.contract;
    expect([name, database.journal.posted('1100', name)]).toEqual([name, model.net()]);
  }
}

test('P1: our books equal the providers', async () => {
  await forAll(gentle, sameBooks);
});

test('P1: our books equal the providers, with processes that pause', async () => {
  await forAll(paused, sameBooks);
});

test('P1: our books equal the providers, with processes that pause before they say "not sent"', async () => {
  await forAll(hostile, sameBooks);
});
