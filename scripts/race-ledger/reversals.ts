/** Racers reverse one entry: there is one reversal. */
import { newMerchant, race, Racer, transfer } from './ground.ts';
import type { Ground, RaceFigures } from './ground.ts';

export async function raceToReverse(
  ground: Ground,
  { rounds, racers }: { readonly rounds: number; readonly racers: number },
): Promise<RaceFigures> {
  const startedAt = performance.now();
  const merchantId = await newMerchant(ground, false);
  const racer = new Racer(ground);
  const violations: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const entry = transfer(merchantId, ['1100', '2100'], 9n);
    const [made] = await racer.post(entry);
    const reversesId = made?.entry_id ?? '';
    let reversed = 0;
    await race(racers, async () => {
      const reversal = transfer(merchantId, ['2100', '1100'], 9n, { reversesId });
      const [verdict] = await racer.post(reversal);
      if (verdict?.result === 'posted') reversed += 1;
    });
    if (reversed !== 1) violations.push(`${reversesId} was reversed ${String(reversed)} times`);
  }
  const [sum] = await ground.all<{ rest: string }>(
    'select sum(posted_debits - posted_credits)::text as rest from account_balances where merchant_id = $1 and account = $2',
    [merchantId, '1100'],
  );
  if (sum?.rest !== '0') violations.push(`${String(sum?.rest)} are left`);
  return {
    ...{ race: 'reversals', isolation: ground.isolation, attempts: rounds * racers },
    ...{ answers: racer.answers, retries: racer.retries, violations },
    seconds: (performance.now() - startedAt) / 1000,
  };
}
