import { describe, expect, jest, test } from '@jest/globals';
import type {
  AuthorizeRequest,
  OperationRequest,
  Provider,
  ProviderOutcome,
} from '../../domain/provider.ts';
import type { DisputeAnswerRequest, DisputeDesk } from '../../domain/provider-disputes.ts';
import { aContract, approved, declined, notSent, pending, requiresAction, unknown } from '../../test/support/payments.ts'; // prettier-ignore
import { checkCapabilities } from '../capabilities.ts';
import { createGuard, type Guard } from './guard.ts';
import { judgeOutcome, protect } from './protect.ts';

const nowhere = {
  open: async () => undefined,
  claimProbe: async () => true,
  endProbe: async () => undefined,
  leaveAlone: async () => undefined,
};
const request = { reference: 'att_1' } as AuthorizeRequest & OperationRequest;

function aProvider(values: Partial<Provider> = {}): Provider {
  return {
    contract: aContract({
      ...{
        lookup: false,
        toldWithinMs: 1,
        voidByReference: false,
        disputeAnswers: false,
        payouts: false,
      },
      concurrentMax: 1,
    }),
    authorize: async () => approved(),
    readWebhook: () => null,
    ...values,
  };
}
function aGuard(provider: Provider): Guard {
  return createGuard(provider.contract, nowhere, () => undefined);
}

const money = ['authorize', 'capture', 'void', 'refund', 'increment'] as const;
const yes = async (): Promise<ProviderOutcome> => approved();
const moving = Object.fromEntries(money.map((name) => [name, yes]));
const aDesk: DisputeDesk = {
  accept: async () => ({ kind: 'taken', evidence: approved().evidence }),
  submitEvidence: async () => ({ kind: 'taken', evidence: approved().evidence }),
  look: async () => ({ kind: 'no_answer', evidence: approved().evidence }),
};
const never = (): Promise<never> => new Promise(() => undefined);

describe('a provider behind its guard', () => {
  test.each([
    ['nothing but authorize', aProvider()],
    [
      'everything',
      aProvider({
        ...moving,
        contract: aContract({ incrementalAuthorization: true }),
        lookup: async () => ({ kind: 'absent', evidence: approved().evidence }),
        voidByReference: async () => ({ kind: 'confirmed', evidence: approved().evidence }),
        disputes: aDesk,
      }),
    ],
  ])('can do what it could: %s', (_, provider) => {
    const guarded = protect(provider, aGuard(provider));
    expect(Object.keys(guarded).toSorted()).toEqual(Object.keys(provider).toSorted());
    expect(checkCapabilities(guarded)).toEqual([]);
  });

  test('an answer to a dispute is passed on, and certainly not sent when it is not let through', async () => {
    const provider = aProvider({ disputes: aDesk });
    const guard = aGuard(provider);
    const { disputes } = protect(provider, guard);
    const asked = { reference: 'dsa_1' } as DisputeAnswerRequest;
    expect(await disputes?.accept(asked)).toMatchObject({ kind: 'taken' });
    void guard.attempt({
      work: never,
      judge: () => ({ health: 'well', what: '' }),
      refused: never,
    });
    await Promise.resolve();
    for (const verb of ['accept', 'submitEvidence'] as const) {
      expect(await disputes?.[verb](asked)).toMatchObject({ kind: 'not_sent' });
    }
  });

  test.each(money)(
    '%s is passed on, and certainly not sent when it is not let through',
    async (name) => {
      const work = jest.fn(async (asked: object) => (expect(asked).toBe(request), approved()));
      const provider = aProvider({ [name]: work });
      const guard = aGuard(provider);
      const guarded = protect(provider, guard);
      expect(await guarded[name]?.(request)).toEqual(approved());
      void guard.attempt({
        work: never,
        judge: () => ({ health: 'well', what: '' }),
        refused: never,
      });
      await Promise.resolve();
      expect(await guarded[name]?.(request)).toMatchObject({
        kind: 'not_sent',
        evidence: { provider: 'alder', detail: 'not let through: at_capacity' },
      });
      expect(work).toHaveBeenCalledTimes(1);
    },
  );

  test('a lookup or void by reference that is not let through has said nothing', async () => {
    const evidence = approved().evidence;
    const hints: unknown[] = [];
    const provider = aProvider({
      lookup: async (_kind, _reference, hint) => (hints.push(hint), { kind: 'absent', evidence }),
      voidByReference: async () => ({ kind: 'confirmed', evidence }),
    });
    const guard = aGuard(provider);
    const guarded = protect(provider, guard);
    const hint = { providerReference: 'pi_1' };
    expect(await guarded.lookup?.('void', 'op_1', hint)).toMatchObject({ kind: 'absent' });
    expect(hints).toEqual([hint]);
    void guard.look({ work: never, judge: () => ({ health: 'well', what: '' }), refused: never });
    expect(await guarded.lookup?.('authorize', 'att_1')).toMatchObject({ kind: 'no_answer' });
    expect(await guarded.voidByReference?.('att_1')).toMatchObject({ kind: 'no_answer' });
  });
});

test.each([
  ['a yes', approved(), 'well'],
  ['a no', declined(), 'well'],
  ['accepted', pending(), 'well'],
  ['a page', requiresAction(), 'well'],
  ['not sent', notSent(), 'sick'],
  ['unknown', unknown(), 'sick'],
  ['too many requests', { ...notSent(), retryAfterMs: 1_000 }, 'silent'],
  ['away, and says for how long', { ...unknown(), retryAfterMs: 1_000 }, 'sick'],
])('%s says of the provider: %s', (_, outcome, health) => {
  expect(judgeOutcome(outcome).health).toBe(health);
});

test.each(['lookup', 'voidByReference'] as const)(
  'who asks to be left alone when asked by %s is, by everybody',
  async (name) => {
    const busy = {
      kind: 'no_answer',
      evidence: approved().evidence,
      retryAfterMs: 60_000,
    } as const;
    const provider = aProvider({ [name]: async () => busy });
    const guard = aGuard(provider);
    const guarded = protect(provider, guard);
    expect(
      (await guarded.lookup?.('authorize', 'att_1')) ?? (await guarded.voidByReference?.('att_1')),
    ).toBe(busy);
    expect(guard.health()).toBe('rate_limited');
    expect((await guarded.authorize(request)).kind).toBe('not_sent');
  },
);
