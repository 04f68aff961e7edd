/** Racers post, void and expire one pending entry around its expiry: one of them wins, and stays the winner. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntryToPost } from '../../db/ledger-posting.ts';
import { createRandom } from '../drill/random.ts';
import { newMerchant, race, Racer, transfer } from './ground.ts';
import type { Ground, RaceFigures } from './ground.ts';

const lanes = 8;
const means = ['post', 'void', 'expire', 'post', 'void', 'expire', 'post', 'void'] as const;

export async function raceToResolve(
  ground: Ground,
  { rounds }: { readonly rounds: number },
): Promise<RaceFigures> {
  const startedAt = performance.now();
  const merchantId = await newMerchant(ground, false);
  const racer = new Racer(ground);
  const violations: string[] = [];
  const winners: Record<string, number> = {};
  let left = rounds;

  /** Its expiry, if it has one, falls into the race. */
  const round = async (held: EntryToPost, isExpiring: boolean): Promise<void> => {
    const resolve = async (resolution: (typeof means)[number]): Promise<string | null> => {
      const [verdict] = await racer.post({
        ...{ merchantId, key: `${held.key}/${crypto.randomUUID()}`, event: 'race' },
        state: resolution === 'post' ? 'posted' : 'pending',
        resolvesKey: held.key,
        resolution,
      });
      return verdict?.result === 'posted' ? resolution : null;
    };
    const won = (await Promise.all(means.map(resolve))).filter((winner) => winner !== null);
    // All came between: too late to post, too early to expire.
    while (won.length === 0 && isExpiring) {
      await sleep(5);
      const last = await resolve('expire');
      if (last !== null) won.push(last);
    }
    if (won.length !== 1) violations.push(`${held.key}: won by ${won.join(' and ') || 'nobody'}`);
    for (const winner of won) winners[winner] = (winners[winner] ?? 0) + 1;
  };

  const run = async (lane: number): Promise<void> => {
    const random = createRandom('resolutions', ground.seed, lane);
    while (left > 0) {
      const batch = Math.min(25, left);
      left -= batch;
      const helds = Array.from({ length: batch }, () => ({
        held: transfer(merchantId, ['1100', '2100'], 7n, {
          state: 'pending',
          ...(random.chance(0.4) ? { expiresInSeconds: 1 } : {}),
        }),
      }));
      const madeAt = performance.now();
      await racer.post(...helds.map(({ held }) => held));
      for (const { held } of helds.filter((h) => h.held.expiresInSeconds === undefined)) {
        await round(held, false);
      }
      const soon = 1_000 - (performance.now() - madeAt);
      if (soon > 0) await sleep(soon);
      for (const { held } of helds.filter((h) => h.held.expiresInSeconds !== undefined)) {
        await round(held, true);
      }
    }
  };
  await race(lanes, run);
  const [rest] = await ground.all<{ pending: string }>(
    'select sum(pending_debits + pending_credits)::text as pending from account_balances where merchant_id = $1',
    [merchantId],
  );
  if (rest?.pending !== '0') violations.push(`${String(rest?.pending)} are pending still`);
  const unseen = ['post', 'void', 'expire'].filter((means_) => winners[means_] === undefined);
  if (unseen.length > 0) violations.push(`no race was won by ${unseen.join()}`);
  return {
    ...{ race: 'resolutions', isolation: ground.isolation, attempts: rounds * means.length },
    ...{ answers: racer.answers, retries: racer.retries, violations },
    seconds: (performance.now() - startedAt) / 1000,
  };
}
