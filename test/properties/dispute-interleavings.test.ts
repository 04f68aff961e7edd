/**
 * Refunds and disputes of one payment in any order: asked, sent, paid, refused; opened, answered, won, lost, and come
 * again in further rounds, told late, twice or never. By our own asking nothing is paid out twice, and whatever
 * providers did is in the record and in the books. A failure prints the seed: TENDER_TEST_SEED repeats it.
 */
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DisputeWorld, told } from '../support/dispute-world.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['TENDER_TEST_RUNS'] ?? 10_000);
afterAll(() => {
  process.stderr.write(`dispute interleavings: TENDER_TEST_SEED=${String(seed)}\n`);
});

const amount = fc.bigInt(1n, 10_000n);
const fact = fc.record({
  do: fc.constant('tell' as const),
  which: fc.nat(2),
  what: fc.constantFrom('opened', 'won', 'opened', 'lost', 'won'),
  round: fc.constantFrom(1, 1, 1, 2, 2, 3),
});
const act = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), amount }),
  fc.record({ do: fc.constantFrom('submit' as const, 'succeed' as const, 'fail' as const) }),
  fc.record({
    ...{ do: fc.constant('answer' as const), which: fc.nat(2) },
    to: fc.constantFrom('accepted' as const, 'under_review' as const),
  }),
  fact,
);
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;
const fundModels = fc.constantFrom('own' as const, 'facilitator' as const);

function carryOut(world: DisputeWorld, one: Act, amounts: readonly bigint[]): bigint | null {
  switch (one.do) {
    case 'ask':
      world.ask(one.amount);
      return null;
    case 'submit':
      return world.submit();
    case 'succeed':
    case 'fail':
      world.answer(one.do === 'succeed' ? 'succeeded' : 'failed');
      return null;
    case 'answer':
      world.answerDispute(`dp_${String(one.which)}`, one.to);
      return null;
    case 'tell': {
      const { which, round } = one;
      const of = { providerReference: `dp_${String(which)}`, amountMinor: amounts[which] ?? 1n };
      world.tell(told(one.what, { ...of, round }));
      return null;
    }
  }
}

/** What stands where because of disputes, by their states alone. */
function check(world: DisputeWorld): void {
  const { disputes, fundModel } = world;
  const sum = (of: (d: (typeof disputes)[number]) => bigint): bigint =>
    disputes.reduce((total, d) => total + of(d), 0n);
  const held = ({ amount: all, amountExcess }: (typeof disputes)[number]): bigint =>
    all - amountExcess;
  const twice = sum((d) => (d.status === 'won' ? 0n : d.amountExcess));
  const lost = sum((d) => (d.status === 'lost' ? held(d) : 0n));
  // Recorded: in the ceiling, and what is out twice by name.
  const said = [world.needed <= world.excess];
  const overdrawn = world.refunded + world.disputed - world.captured;
  said.push(twice >= overdrawn, world.balance('1100', '2900', '5200') === -world.disputed);
  const open = sum((d) => (d.status === 'won' || d.status === 'lost' ? 0n : held(d)));
  said.push(world.balance('1300') === open);
  if (fundModel === 'own') {
    said.push(world.balance('1900') === twice, world.balance('4000') === lost);
  } else said.push(world.balance('1310', '4200') === twice + lost);
  if (said.includes(false)) expect(said).toEqual(said.map(() => true));
}

test('in 10,000 interleavings nothing is sent that a dispute has taken, and all facts are recorded', () => {
  const seen = { sentBeside: 0, again: 0, paidBeside: 0 };
  fc.assert(
    fc.property(
      fc.array(act, { minLength: 4, maxLength: 24 }),
      fc.array(amount, { minLength: 3, maxLength: 3 }),
      fundModels,
      (acts, amounts, fundModel) => {
        const world = new DisputeWorld(fundModel);
        for (const one of acts) {
          const out = carryOut(world, one, amounts);
          if (out !== null && world.disputed > 0n) seen.sentBeside += 1;
          if (out !== null) expect(out <= world.captured).toBe(true);
          check(world);
        }
        const keys = world.entries.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        seen.again += world.disputes.filter(({ round }) => round > 1).length;
        seen.paidBeside += keys.filter((key) => key.includes('/paid_twice/')).length;
      },
    ),
    { seed, numRuns },
  );
  // Else the above would hold for want of them.
  expect(Math.min(seen.sentBeside, seen.again, seen.paidBeside)).toBeGreaterThan(numRuns / 400);
});

test('a refund paid before, beside or after one dispute leaves the same books', () => {
  fc.assert(
    fc.property(
      fc.array(fact, { minLength: 1, maxLength: 6 }),
      amount,
      amount,
      fc.nat(6),
      fundModels,
      (facts, disputed, refunded, paidAfter, fundModel) => {
        const live = (place: number): unknown => {
          const world = new DisputeWorld(fundModel);
          world.ask(refunded);
          world.submit();
          for (const [index, one] of facts.entries()) {
            if (index === place) world.answer('succeeded');
            carryOut(world, { ...one, which: 0 }, [disputed]);
          }
          world.answer('succeeded');
          const accounts = ['1100', '1300', '1310', '1900', '4000', '4200', '5200'];
          return {
            dispute: world.disputes.map(({ status, round, amountExcess }) => ({
              ...{ status, round },
              // Won, it is over: what it was is of no account.
              twice: status === 'won' ? 0n : amountExcess,
            })),
            books: accounts.map((account) => world.balance(account)),
          };
        };
        expect(live(paidAfter)).toEqual(live(0));
      },
    ),
    { seed, numRuns: Math.min(numRuns, 3_000) },
  );
});
