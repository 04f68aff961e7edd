/** Lines of disputes, round by round: each moves our books to what the provider has, whenever it is told and whenever we know. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  openSettlementWorld,
  type LineRow,
  type Sale,
  type SettlementWorld,
} from '../test/support/settlement-world.ts';
import { proofs, runProof } from './ledger-proofs.ts';

let on: SettlementWorld;
let sale: Sale;
beforeEach(async () => {
  on = await openSettlementWorld();
  sale = await on.sale();
  await night(on.lineOf(sale));
});
afterEach(async () => {
  const broken = await Promise.all(proofs.map((proof) => runProof(on.worker, proof)));
  await on.close();
  expect(broken.filter(({ state }) => state !== 'holds')).toEqual([]);
});

type Line = Partial<LineRow>;
let files = 0;

/** As the sandbox's processors list it: under the dispute, and our attempt. */
function line(kind: 'dispute' | 'dispute_reversal', gross: number, fee: number): Line {
  const names = { reference: sale.attemptId, provider_reference: `dp_${sale.attemptId}` };
  return { kind, ...names, gross, fee, currency: 'USD' };
}

const taken = (fee = 1_500): Line => line('dispute', -10_000, fee);
const given = (fee = -1_500): Line => line('dispute_reversal', 10_000, fee);
const feeAlone = (): Line => line('dispute', 0, 1_500);

/** One batch with the payout that its lines come to. */
async function file(...lines: readonly Line[]): Promise<string> {
  files += 1;
  const batch = `batch-${String(files)}`;
  const net = lines.reduce((sum, { gross = 0, fee = 0 }) => sum + gross - fee, 0);
  const kind = net > 0 ? 'payout' : 'collection';
  const payout = { kind, provider_reference: `po_${batch}`, gross: net, currency: 'USD', batch };
  const all = lines.map((one) => ({ ...one, batch }));
  return on.file(net === 0 ? all : [...all, payout]);
}

async function night(...lines: readonly Line[]): Promise<string> {
  const id = await file(...lines);
  await on.night(id);
  await on.nextNight();
  return id;
}

/** What is open of all that a provider and we owe each other; and what disputes have cost. */
async function standing(): Promise<Readonly<Record<string, number>>> {
  const books = await on.books();
  const names = ['1100', '1190', '1300', '1900', '2900', '5100', '5200'];
  return Object.fromEntries(
    names.flatMap((code) => {
      const net = books[`${code} alder USD`] ?? 0;
      return net === 0 ? [] : [[code, net]];
    }),
  );
}

const openBreaks = (): Promise<readonly unknown[]> =>
  on.rows.all(`select kind, line from breaks where status = 'open' order by 1, 2`);

test('each round takes its fee, and gives back its own', async () => {
  await on.disputed(sale, 'opened');
  await night(taken());
  expect(await standing()).toEqual({ 1300: 10_000, 5200: 1_500 });
  await on.disputed(sale, 'won');
  await night(given());
  expect(await standing()).toEqual({});
  await on.disputed(sale, 'opened', 2);
  await night(taken());
  expect(await standing()).toEqual({ 1300: 10_000, 5200: 1_500 });
  await on.disputed(sale, 'lost', 2);
  expect(await standing()).toEqual({ 5200: 1_500 });
  await on.disputed(sale, 'opened', 3);
  await night(feeAlone());
  expect(await standing()).toEqual({ 1300: 10_000, 5200: 3_000 });
  await on.disputed(sale, 'won', 3);
  await night(given());
  expect(await standing()).toEqual({ 5200: 1_500 });
  expect(await openBreaks()).toEqual([]);
});

test('all of it on one day, in one file', async () => {
  for (const [what, round] of [['opened', 1], ['won', 1], ['opened', 2], ['lost', 2], ['opened', 3], ['won', 3]] as const) {
    await on.disputed(sale, what, round);
  } // prettier-ignore
  await night(taken(), given(), taken(), feeAlone(), given());
  expect(await standing()).toEqual({ 5200: 1_500 });
  expect(await openBreaks()).toEqual([]);
});

test('what was opened and won before either file came adds up with the second', async () => {
  await on.disputed(sale, 'opened');
  await on.disputed(sale, 'won');
  await night(taken());
  expect(await openBreaks()).toEqual([{ kind: 'state', line: 1 }]);
  await night(given());
  expect(await standing()).toEqual({});
  expect(await openBreaks()).toEqual([]);
});

describe('told later than it was listed', () => {
  test('a dispute nobody knew of stands in suspense until it is', async () => {
    const id = await night(taken());
    expect(await standing()).toEqual({ 1900: 10_000, 5100: 1_500 });
    await on.disputed(sale, 'opened');
    await on.match(id, true);
    await on.nextNight();
    expect(await standing()).toEqual({ 1300: 10_000, 5200: 1_500 });
    expect(await openBreaks()).toEqual([]);
  });

  test('the fee of a round that began with nothing else is booked once', async () => {
    await on.disputed(sale, 'opened');
    await on.disputed(sale, 'lost');
    await night(taken());
    await night(feeAlone());
    expect(await standing()).toEqual({ 5200: 3_000 });
    await on.disputed(sale, 'opened', 2);
    expect(await on.nextNight()).toMatchObject({ entries: 1 });
    expect(await standing()).toEqual({ 1300: 10_000, 5200: 3_000 });
    expect(await on.nextNight()).toMatchObject({ entries: 0 });
  });

  test('so is what is told while its file is posted', async () => {
    await on.disputed(sale, 'opened');
    await on.disputed(sale, 'lost');
    await night(taken());
    const id = await file(feeAlone());
    await Promise.all([on.disputed(sale, 'opened', 2), on.night(id), on.night(id)]);
    await on.nextNight();
    expect(await standing()).toEqual({ 1300: 10_000, 5200: 3_000 });
  });
});

test('listed in parts it takes its fee once, and so does the round after it', async () => {
  await on.disputed(sale, 'opened');
  await night(line('dispute', -6_000, 1_500));
  await night(line('dispute', -4_000, 0));
  expect(await standing()).toEqual({ 1300: 10_000, 5200: 1_500 });
  await on.disputed(sale, 'won');
  await on.disputed(sale, 'opened', 2);
  await night(line('dispute_reversal', 3_000, -1_500), line('dispute_reversal', 7_000, 0), taken());
  expect(await standing()).toEqual({ 1300: 10_000, 5200: 1_500 });
  expect(await openBreaks()).toEqual([]);
});

test('another fee than was told is booked as it was taken', async () => {
  await on.disputed(sale, 'opened');
  await night(taken(1_700));
  await on.disputed(sale, 'won');
  await night(given(0));
  expect(await standing()).toEqual({ 5200: 1_700 });
});

test('a fee that is taken in another currency than was told is no difference between the two', async () => {
  await on.disputed(sale, 'opened');
  const eur = { currency: 'EUR', batch: 'eur' };
  const lost = {
    ...line('dispute', -9_000, 1_400),
    ...eur,
    charged: -10_000,
    charged_currency: 'USD',
  };
  const payout = { kind: 'collection', provider_reference: 'po_eur', gross: -10_400, ...eur };
  await on.night(await on.file([lost, payout]));
  await on.nextNight();
  const books = await on.books();
  expect([books['5200 alder USD'], books['5200 alder EUR']]).toEqual([undefined, 1_400]);
  expect([books['1100 alder USD'], books['1100 alder EUR']]).toEqual([undefined, undefined]);
});
