/**
 * One step of one payout: sent, if the permit is had, or looked up. Safe to run twice and at once: each move is
 * a compare-and-set, and whoever loses it has done nothing.
 */
import type { Db } from '../../db/client.ts';
import { findPayout, movePayout, payoutOf } from '../../db/payouts.ts';
import type { Payout, PayoutChange } from '../../domain/payout.ts';
import type { PayoutRequest } from '../../domain/provider-payouts.ts';
import type { Provider } from '../../domain/provider.ts';
import { calledOff, resolvePayout } from '../../domain/resolve-payout.ts';
import { permitPayout, recordPayout, waitForProvider } from '../../domain/send-payout.ts';
import { startElapsed } from '../elapsed.ts';

export interface PayoutDeps {
  readonly db: Db;
  readonly providers: ReadonlyMap<string, Provider>;
  /**
   * Comes back when the provider has a place for it, or after a while without one. Payouts are many at once and
   * nobody waits for one, so here, unlike before a payment, there is a line; it is before the permit, which is
   * for half a minute.
   */
  readonly waitInLine: (provider: string, of: 'operation' | 'look') => Promise<void>;
}

export async function drivePayout(deps: PayoutDeps, id: string): Promise<Payout> {
  const seen = await load(deps.db, id);
  if (!isDue(seen)) return seen;
  const provider = payerOf(deps, seen);
  if (provider === null) {
    return (await movePayout(deps.db, seen, waitForProvider(seen))) ?? load(deps.db, id);
  }
  await deps.waitInLine(provider.contract.name, isNew(seen) ? 'operation' : 'look');
  // A permit counted from before the line would be over when it is had, and its payout called off unsent.
  const payout = await load(deps.db, id);
  if (!isDue(payout)) return payout;
  return isNew(payout) ? sendOnce(deps, provider, payout) : lookUp(deps, provider, payout);
}

function isDue({ dueAt, now }: Payout): boolean {
  return dueAt !== null && dueAt <= now;
}

function isNew({ status }: Payout): boolean {
  return status === 'requested';
}

async function load(db: Db, id: string): Promise<Payout> {
  const row = await findPayout(db, id);
  if (row === null) throw new Error(`no payout ${id}`);
  return payoutOf(row);
}

type Payer = Provider & Required<Pick<Provider, 'payOut' | 'lookup' | 'voidByReference'>>;

/** Null: it is not set up here, or pays nobody. */
function payerOf({ providers }: PayoutDeps, { destination }: Payout): Payer | null {
  const provider = providers.get(destination.provider);
  const pays = provider?.payOut && provider.lookup && provider.voidByReference;
  return pays === undefined ? null : (provider as Payer);
}

/** Only who has committed the permit sends, once, and not later than it allows. */
async function sendOnce(deps: PayoutDeps, provider: Payer, payout: Payout): Promise<Payout> {
  const elapsedMs = startElapsed();
  const permit = permitPayout(payout, provider.contract);
  const sent = permit && (await movePayout(deps.db, payout, permit));
  if (!sent) return load(deps.db, payout.id);
  // Measured here and not against the wall clock: this process may have been paused for hours.
  if (!permit.isPermit || elapsedMs() > (sent.sendBy ?? 0) - sent.now) return sent;
  const outcome = await provider.payOut(requestOf(sent));
  return record(deps.db, sent, (now) => recordPayout(now, outcome, sent.sentCount));
}

function requestOf({ id, amount, currency, destination }: Payout): PayoutRequest {
  return {
    ...{ reference: id, idempotencyKey: id, amountMinor: amount },
    ...{ currency: currency as PayoutRequest['currency'], account: destination.token },
  };
}

/** What is known is never lost to somebody who was faster: it is judged again on what they wrote. */
async function record(
  db: Db,
  before: Payout,
  decide: (payout: Payout) => PayoutChange | null,
): Promise<Payout> {
  let payout = before;
  for (;;) {
    const change = decide(payout);
    if (change === null) return payout;
    const moved = await movePayout(db, payout, change);
    if (moved !== null) return moved;
    payout = await load(db, payout.id);
  }
}

async function lookUp(deps: PayoutDeps, provider: Payer, payout: Payout): Promise<Payout> {
  const look = await provider.lookup('payout', payout.id);
  const resolution = resolvePayout(payout, look, provider.contract);
  if (resolution === null) return payout;
  if (resolution !== 'call_off') {
    return (await movePayout(deps.db, payout, resolution)) ?? load(deps.db, payout.id);
  }
  const result = await provider.voidByReference(payout.id);
  // Confirmed, it is so whatever anybody has written meanwhile.
  return record(deps.db, payout, (now) => calledOff(now, result));
}
