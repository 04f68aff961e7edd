/**
 * Random two-phase steps against the model: every answer and every balance must be the same. 20,000 steps
 * here; `npm run model:ledger` takes 200,000. TENDER_TEST_RUNS and TENDER_TEST_SEED choose others.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setClockOffset } from '../../db/access.ts';
import { postEntries, type EntryToPost } from '../../db/ledger-posting.ts';
import { createRandom, type Random } from '../../scripts/drill/random.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../support/payment-database.ts';
import { aPosting, wrongBalances } from '../support/posting.ts';
import { LedgerModel, type ModelEntry } from './ledger-model.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const steps = Number(process.env['TENDER_TEST_RUNS'] ?? 20_000);

let on: PaymentDatabase;
let merchantId: string;
beforeAll(async () => {
  process.stderr.write(`ledger model: ${String(steps)} steps, TENDER_TEST_SEED=${String(seed)}\n`);
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  await on.rows.all(
    `insert into account_settings (merchant_id, account, currency, bounded) values ($1, '2100', 'USD', true)`,
    [merchantId],
  );
});
afterAll(() => on.close());

const kinds = [
  ...['posted', 'posted', 'posted', 'pending', 'pending', 'pending', 'pending'],
  ...['part', 'post', 'post', 'void', 'expire', 'reversal'],
] as [ModelEntry['kind'], ...ModelEntry['kind'][]];

const pickOf = (random: Random, entries: readonly ModelEntry[]): ModelEntry | undefined =>
  entries[random.between(0, entries.length - 1)];

function drawEntry(random: Random, known: readonly ModelEntry[], n: number): ModelEntry {
  const recent = known.slice(-60);
  const again = known.length > 0 && random.chance(0.08) ? pickOf(random, recent) : undefined;
  if (again !== undefined) {
    const hasAmount = again.kind !== 'void' && again.kind !== 'expire';
    const more = hasAmount && random.chance(0.3) ? 1n : 0n;
    return { ...again, amount: again.amount + more, isLinked: random.chance(0.1) };
  }
  const kind = known.length === 0 ? 'posted' : random.pick(kinds);
  const isNew = kind === 'posted' || kind === 'pending';
  const pendings = recent.filter((entry) => entry.kind === 'pending');
  const posteds = recent.filter(({ kind: of }) => ['posted', 'post', 'reversal'].includes(of));
  const nameable = kind === 'reversal' ? posteds : pendings;
  const named = nameable.length > 0 && random.chance(0.9) ? pickOf(random, nameable) : recent[0];
  const isWhole =
    kind === 'reversal' && named?.kind !== 'void' && named?.kind !== 'expire' && random.chance(0.8);
  const isAll = kind === 'void' || kind === 'expire';
  return {
    key: `k${n}`,
    kind,
    amount: isAll
      ? 0n
      : isWhole && named !== undefined
        ? named.amount
        : BigInt(random.between(1, 40)),
    // What resolves goes with the side of what it names; a reversal, against it.
    isTaking: isNew ? random.chance(0.55) : isAll || named?.isTaking === (kind !== 'reversal'),
    isRequest: random.chance(0.8),
    isLinked: random.chance(0.1),
    of: isNew ? null : random.chance(0.02) ? 'nobody' : (named?.key ?? 'nobody'),
    expiresInSteps: kind === 'pending' && random.chance(0.3) ? random.between(1, 2) : null,
  };
}

/** A release of a part is mirrored: it takes back from the other side. */
function toPost(entry: ModelEntry, ids: ReadonlyMap<string, string>): EntryToPost {
  const { kind, of, expiresInSteps } = entry;
  const isReversal = kind === 'reversal';
  const isOut = kind === 'part' ? !entry.isTaking : entry.isTaking;
  const values: Partial<EntryToPost> = {
    key: entry.key,
    state: kind === 'posted' || kind === 'post' || isReversal ? 'posted' : 'pending',
    request: entry.isRequest,
    linked: entry.isLinked,
    ...(expiresInSteps === null ? {} : { expiresInSeconds: expiresInSteps * 1000 - 500 }),
    ...(isReversal ? { reversesId: ids.get(of ?? '') ?? 'je_nobody' } : {}),
    ...(of === null || isReversal ? {} : { resolvesKey: of }),
    ...(kind === 'post' || kind === 'void' || kind === 'expire' ? { resolution: kind } : {}),
  };
  const posted = aPosting(
    merchantId,
    entry.amount,
    values,
    isOut ? ['2100', '4000'] : ['4000', '2100'],
  );
  if (kind !== 'void' && kind !== 'expire') return posted;
  const { postings: _, ...all } = posted;
  return all;
}

async function storedBalance(): Promise<unknown> {
  return on.rows.one(
    `select coalesce(sum(pending_debits), 0)::text as "heldDebits", coalesce(sum(pending_credits), 0)::text as "heldCredits",
       coalesce(sum(posted_debits), 0)::text as debits, coalesce(sum(posted_credits), 0)::text as credits
     from account_balances where merchant_id = $1 and account = '2100'`,
    [merchantId],
  );
}

test('the database answers as the model does, and holds the same balances', async () => {
  const random = createRandom('ledger-model', seed);
  const model = new LedgerModel();
  const known: ModelEntry[] = [];
  const ids = new Map<string, string>();
  const met = new Map<string, number>();
  let clock = 0;
  for (let done = 0; done < steps;) {
    if (random.chance(0.2)) {
      clock += 1;
      model.advance(1);
      await setClockOffset(on.api, clock * 1000);
    }
    const batch: ModelEntry[] = [];
    for (let size = random.between(1, 20); size > 0; size -= 1) {
      const entry = drawEntry(random, known, done);
      // Its id is known once it is stored.
      const isReversible =
        entry.kind !== 'reversal' || ids.has(entry.of ?? '') || entry.of === 'nobody';
      if (!isReversible || batch.some(({ key }) => key === entry.key)) continue;
      batch.push(entry);
      known.push(entry);
      done += 1;
    }
    const expected = model.post(batch);
    const verdicts = await postEntries(
      on.worker,
      batch.map((entry) => toPost(entry, ids)),
    );
    const answered = verdicts.map(({ result, field }) =>
      result === 'already_resolved' ? `${result} ${String(field)}` : result,
    );
    for (const { key, entry_id: id } of verdicts) if (id !== undefined) ids.set(key, id);
    expect({ done, batch, results: answered }).toEqual({ done, batch, results: expected });
    for (const result of answered) met.set(result, (met.get(result) ?? 0) + 1);
    const balance = Object.entries(model.balance).map(([name, value]) => [name, String(value)]);
    expect({ done, ...((await storedBalance()) as object) }).toEqual({
      done,
      ...Object.fromEntries(balance),
    });
  }
  process.stderr.write(`ledger model: ${JSON.stringify(Object.fromEntries([...met].sort()))}\n`);
  // A run that never met a refusal proves nothing of it.
  if (steps >= 20_000) expect(met.size).toBeGreaterThanOrEqual(16);
  expect(await wrongBalances(on.rows)).toEqual([]);
}, 1_200_000);
