/** Many payouts at once, through a bank that takes few: they stand in line, and none is sent in vain. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Provider } from '../../domain/provider.ts';
import { createLine } from '../../providers/protection/line.ts';
import { payoutShare } from '../../providers/protection/settings.ts';
import { guardProviders } from '../../providers/registry.ts';
import { newId } from '../../runtime/ids.ts';
import { closeProven, openPayoutWorld, type PayoutWorld } from '../../test/support/payouts.ts';
import { drivePayout } from './drive-payout.ts';
import { resolvePayouts } from './run-payouts.ts';

let on: PayoutWorld;
beforeEach(async () => {
  on = await openPayoutWorld();
});
afterEach(() => closeProven(on));

const { signal } = new AbortController();
const quiet = { info: () => undefined, warn: () => undefined };
const count = 24;
const perSecond = 40;

/** The bank behind its guard, as it allows `perSecond` calls in all; and when it was called. */
function slowBank(): ReturnType<typeof guardProviders> & { readonly at: number[] } {
  const at: number[] = [];
  const { bank } = on;
  const contract = { ...bank.contract, perSecondMax: perSecond };
  const counted: Provider = {
    ...bank,
    contract,
    payOut: async (request) => {
      at.push(performance.now());
      const outcome = await bank.payOut?.(request);
      if (outcome === undefined) throw new Error('it pays nobody');
      return outcome;
    },
  };
  const none = (): Promise<void> => Promise.resolve();
  const store = {
    open: none,
    claimProbe: () => Promise.resolve(true),
    endProbe: none,
    leaveAlone: none,
  };
  const guarded = guardProviders(new Map([['bank', counted]]), {
    ...{ store, onError: () => undefined, use: 'payouts' },
  });
  return { ...guarded, at };
}

async function askForMany(): Promise<void> {
  await on.payTo('ba_payout');
  await on.earn(5_000n);
  for (let n = 0; n < count; n += 1) expect(await on.ask(10n)).toMatch(/^po_/);
}
const sent = (): Promise<readonly { status: string; tries: number; n: number }[]> =>
  on.rows.all(
    `select status, sent_count as tries, count(*)::int as n from payouts group by 1, 2 order by 1`,
  );

test('each waits for its place before its permit, and the rate is kept', async () => {
  await askForMany();
  const { at, guards, providers } = slowBank();
  const waitInLine = createLine(guards, signal);
  await resolvePayouts({ db: on.worker, providers, waitInLine, newId, log: quiet, signal });
  expect(await sent()).toEqual([{ status: 'pending', tries: 1, n: count }]);
  const busiest = at.map((from) => at.filter((one) => one >= from && one < from + 1_000).length);
  expect(Math.max(...busiest)).toBeLessThanOrEqual(perSecond * payoutShare);
});

test('without the line most would go to the bank in vain, and again later', async () => {
  await askForMany();
  const { providers } = slowBank();
  const waitInLine = (): Promise<void> => Promise.resolve();
  await resolvePayouts({ db: on.worker, providers, waitInLine, newId, log: quiet, signal });
  const left = (await sent()).find(({ status }) => status === 'requested');
  expect(left?.n).toBeGreaterThan(count / 2);
});

test('a payout that stood in line for longer than its permit lives is sent all the same, once', async () => {
  await on.payTo('ba_payout');
  await on.earn(5_000n);
  const id = await on.ask();
  const providers = new Map([['bank', on.bank]]);
  const waitInLine = (): Promise<void> => on.pass(61 / 3_600);
  const { status } = await drivePayout({ db: on.worker, providers, waitInLine }, id);
  expect([status, (await on.payout(id)).sent_count]).toEqual(['pending', 1]);
});

test('a payout that another process has moved meanwhile is left to it', async () => {
  await on.payTo('ba_payout');
  await on.earn(5_000n);
  const id = await on.ask();
  const providers = new Map([['bank', on.bank]]);
  const waitInLine = async (): Promise<void> => {
    await on.drive(id);
  };
  const { status } = await drivePayout({ db: on.worker, providers, waitInLine }, id);
  expect([status, (await on.payout(id)).sent_count]).toEqual(['pending', 1]);
});
