/** Writers on one bounded account that holds less than they ask for: never below zero, at no moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../drill/random.ts';
import { newMerchant, race, Racer, transfer } from './ground.ts';
import type { Ground, RaceFigures } from './ground.ts';

export async function raceForFunds(
  ground: Ground,
  { writers, attempts }: { readonly writers: number; readonly attempts: number },
): Promise<RaceFigures> {
  const startedAt = performance.now();
  const merchantId = await newMerchant(ground, true);
  const racer = new Racer(ground);
  const violations: string[] = [];
  let left = attempts;
  let moments = 0;
  const watch = async (): Promise<void> => {
    while (left > 0) {
      const [row] = await ground.all<{ free: string }>(
        `select (posted_credits - posted_debits - pending_debits)::text as free from account_balances
         where merchant_id = $1 and account = '2100'`,
        [merchantId],
      );
      moments += 1;
      if (row !== undefined && BigInt(row.free) < 0n) violations.push(`${row.free} were free`);
      await sleep(10);
    }
  };
  const write = async (writer: number): Promise<void> => {
    const random = createRandom('funds', ground.seed, writer);
    while (left > 0) {
      left -= 1;
      const amount = BigInt(random.between(1, 20));
      if (random.chance(0.2)) {
        await racer.post(transfer(merchantId, ['1100', '2100'], amount));
        continue;
      }
      const state = random.chance(0.5) ? 'pending' : 'posted';
      const asked = transfer(merchantId, ['2100', '1100'], amount, { state, request: true });
      const [verdict] = await racer.post(asked);
      // Half of what is held comes free again, so that there is always something to race for.
      if (state === 'pending' && verdict?.result === 'posted' && random.chance(0.5)) {
        const { postings: _, ...all } = asked;
        const key = `${asked.key}/void`;
        await racer.post({ ...all, key, resolvesKey: asked.key, resolution: 'void' });
      }
    }
  };
  await Promise.all([watch(), race(writers, write)]);
  const { posted = 0, insufficient_funds: refused = 0, ...others } = racer.answers;
  const strange = Object.keys(others);
  return {
    ...{ race: 'funds', isolation: ground.isolation, attempts, answers: racer.answers },
    ...{ retries: racer.retries, seconds: (performance.now() - startedAt) / 1000 },
    violations: [
      ...violations,
      ...(strange.length === 0 ? [] : [`answered ${strange.join()}`]),
      ...(posted > 0 && refused > 0 && moments > 1 ? [] : ['nobody was refused, or nobody paid']),
    ],
  };
}
