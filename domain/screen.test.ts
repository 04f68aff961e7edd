import { describe, expect, test } from '@jest/globals';
import { aContract, anAttempt, anOperation, aPayment, now } from '../test/support/payments.ts';
import { aView } from '../test/support/routing-view.ts';
import { screen, stillStands, type Decision } from './screen.ts';

const contracts = aView(['alder', 'birch', 'cedar'].map((name) => aContract({ name })));
const cancel = anOperation({ kind: 'void', cause: 'cancel', status: 'requested' });

describe('the decision', () => {
  const everything = {
    operations: [cancel],
    voidOpen: true,
    submitBy: now,
    regulated: true,
    paymentMethod: { type: 'card' as const },
  };
  test.each([
    ['a cancel comes before all', everything, { kind: 'cancel', code: 'canceled' }],
    [
      'then the time to submit',
      { ...everything, operations: [], voidOpen: false },
      {
        kind: 'cancel',
        code: 'not_submitted_in_time',
      },
    ],
    [
      'then what may not be sold',
      { regulated: true, paymentMethod: { type: 'card' as const } },
      {
        kind: 'block',
        code: 'regulated_not_permitted',
      },
    ],
    ['then the route', { paymentMethod: { type: 'card' as const } }, { kind: 'no_provider' }],
    ['and then a try', {}, { kind: 'try', provider: 'alder', token: 'tok_visa', excluded: [] }],
  ])('%s', (_, values, expected) => {
    expect(screen(aPayment(values), contracts)).toMatchObject(expected);
  });

  test.each([
    [now + 1, 'try'],
    [now, 'cancel'],
    [now - 1, 'cancel'],
    [null, 'cancel'],
  ])('with submit_by %s is %s', (submitBy, kind) => {
    expect(screen(aPayment({ submitBy }), contracts).kind).toBe(kind);
  });

  test('ignores a cancel that is over', () => {
    const failed = { ...cancel, status: 'failed' as const };
    expect(screen(aPayment({ operations: [failed] }), contracts).kind).toBe('try');
  });
});

describe('a decision of a moment ago', () => {
  const payment = aPayment();
  const decided = screen(payment, contracts);
  const sick = {
    ...contracts,
    candidates: contracts.candidates.map((c) => ({ ...c, health: 'breaker_open' as const })),
  };
  const elsewhere = { ...contracts, rules: { ...contracts.rules, version: 9 } };
  const nobody: Decision = { kind: 'no_provider', excluded: [] };
  const probing = {
    ...sick,
    candidates: sick.candidates.map((c) => ({ ...c, health: 'probe' as const })),
  };
  const tried = aPayment({ attempts: [anAttempt({ provider: 'alder', status: 'not_sent' })] });
  const canceled = aPayment({ operations: [cancel], voidOpen: true });
  const otherCard = aPayment({ paymentMethod: { type: 'card', token: 'tok_other' } });

  test.each([
    ['stands while nothing has changed', payment, contracts, decided, true],
    [
      'stands when a provider falls ill meanwhile: whoever guards it refuses',
      payment,
      sick,
      decided,
      true,
    ],
    ['stands under newer rules', payment, elsewhere, decided, true],
    ['falls once the provider has been tried', tried, contracts, decided, false],
    ['falls with a cancel', canceled, contracts, decided, false],
    ['falls with another card', otherCard, contracts, decided, false],
    ['falls when its time is over', aPayment({ submitBy: now }), contracts, decided, false],
    [
      'falls with a provider that is gone',
      payment,
      { ...contracts, candidates: [] },
      decided,
      false,
    ],
    ['stands for nobody while nobody can', payment, sick, nobody, true],
    ['stands for nobody while all are on trial with others', payment, probing, nobody, true],
    ['falls for nobody once somebody can', payment, contracts, nobody, false],
    [
      'to cancel stands while there is a cancel',
      canceled,
      contracts,
      { kind: 'cancel', code: 'canceled' },
      true,
    ],
    ['to cancel falls without', payment, contracts, { kind: 'cancel', code: 'canceled' }, false],
  ] as const)('%s', (_, held, view, decision, expected) => {
    expect(stillStands(held, view, decision)).toBe(expected);
  });
});
