/** A facilitator's merchant, and the bank that pays it. */
import { expect } from '@jest/globals';
import { drivePayout, type PayoutDeps } from '../../activities/payouts/drive-payout.ts';
import { resolvePayouts, runPayouts } from '../../activities/payouts/run-payouts.ts';
import { proofs } from '../../db/ledger-proofs.ts';
import { findPayout, requestPayout, type PayoutRow } from '../../db/payouts.ts';
import type { Provider } from '../../domain/provider.ts';
import { createProviders } from '../../providers/registry.ts';
import { newId } from '../../runtime/ids.ts';
import { startTestSandbox, type TestSandbox } from '../../sandbox/testing/client.ts';
import type { Rows } from './rows.ts';
import { openMerchantMoney, type MerchantMoney } from './merchant-money.ts';

const webhookSecret = `whsec_${Buffer.from('a secret of the payout tests').toString('base64')}`;
const quiet = { info: () => undefined, warn: () => undefined };

export interface PayoutWorld extends MerchantMoney {
  readonly sandbox: TestSandbox;
  /** The bank as it is, behind no guard. */
  readonly bank: Provider;
  /** Paid to this account of the bank from now on, and all that is captured is available at once. */
  payTo(account: string, more?: Readonly<Record<string, unknown>>): Promise<void>;
  /** The payout's id, or why there is none. */
  ask(amount?: bigint, currency?: string): Promise<string>;
  /** One step of it, by a process whose bank may be another. */
  drive(id: string, bank?: (real: Provider) => Partial<Provider>): Promise<string>;
  /** All that is due, and the schedule's turns. */
  runAll(): Promise<number>;
  resolveAll(): Promise<number>;
  payout(id: string): Promise<PayoutRow>;
  /** Both clocks, so many hours. */
  hours(count: number): Promise<void>;
  /** What the bank really did for it. */
  booked(id: string): Promise<readonly string[]>;
  events(id: string): Promise<readonly string[]>;
}

/** A row as no code of ours writes it: of a merchant with nothing to be paid. */
export async function insertPayout(
  rows: Rows,
  merchantId: string,
  id = newId('po'),
): Promise<void> {
  await rows.all(
    `begin; set local session_replication_role = replica;
     insert into payouts (id, merchant_id, currency, amount, destination, basis, requested_by)
     values ('${id}', '${merchantId}', 'USD', 1, '{"provider":"bank","token":"t","last4":"1","holder":"x"}', '{}', 'test');
     commit`,
  );
}

/** A payout of all of 5,000: its id. */
export async function askForAll(on: PayoutWorld, account = 'ba_payout'): Promise<string> {
  await on.payTo(account);
  await on.earn(5_000n);
  const id = await on.ask();
  expect(id).toMatch(/^po_/);
  return id;
}

/** After a test: whatever became of its payouts, the books hold. */
export async function closeProven(on: PayoutWorld): Promise<void> {
  try {
    for (const { name, statement } of proofs.filter(
      (p) => p.name === 'stored_balances' || p.name === 'must_drain',
    )) {
      expect([name, await on.rows.all(statement)]).toEqual([name, []]);
    }
  } finally {
    await on.close();
  }
}

export async function openPayoutWorld(): Promise<PayoutWorld> {
  const on = await openMerchantMoney();
  const sandbox = await startTestSandbox({ webhookSecret });
  const providers = createProviders({ sandboxUrl: sandbox.url, webhookSecret });
  const waitInLine = (): Promise<void> => Promise.resolve();
  const deps: PayoutDeps = { db: on.worker, providers, waitInLine };
  const run = { ...deps, newId, log: quiet, signal: new AbortController().signal };
  const payout = async (id: string): Promise<PayoutRow> => {
    const row = await findPayout(on.worker, id);
    if (row === null) throw new Error(`no payout ${id}`);
    return row;
  };
  const bank = providers.get('bank');
  if (bank === undefined) throw new Error('the sandbox has a bank');
  return {
    ...on,
    ...{ sandbox, bank },
    payTo: (token, more = {}) => {
      const destination = { provider: 'bank', token, last4: '3000', holder: 'Ada' };
      const destinations = { USD: destination, EUR: destination };
      return on.settle({ delay_days: 0, destinations, ...more });
    },
    ask: async (amount, currency = 'USD') => {
      const asked = { id: newId('po'), merchantId: on.merchant, currency, turn: null };
      const made = await on.worker
        .transaction()
        .execute((trx) =>
          requestPayout(trx, { ...asked, amount: amount ?? null, requestedBy: 'test' }),
        );
      return typeof made === 'string' ? made : made.id;
    },
    drive: async (id, bank) => {
      const named = [...providers].map(
        ([name, real]) => [name, { ...real, ...(name === 'bank' && bank?.(real)) }] as const,
      );
      return (await drivePayout({ ...deps, providers: new Map(named) }, id)).status;
    },
    runAll: async () => (await runPayouts(run)).asked,
    resolveAll: async () => (await resolvePayouts(run)).moved,
    payout,
    hours: async (count) => {
      await on.pass(count);
      await sandbox.advance(Math.round(count * 3_600));
    },
    booked: async (id) =>
      (await sandbox.books('bank'))
        .filter(({ reference }) => reference === id)
        .map(({ operation, amount }) => `${operation} ${String(amount)}`),
    events: async (id) =>
      (
        await on.rows.all<{ event: string }>(
          `select event from journal_entries where merchant_id = $1 and key like $2 || '/%' order by id`,
          [on.merchant, id],
        )
      ).map(({ event }) => event),
    close: async () => {
      await sandbox.close();
      await on.close();
    },
  };
}
