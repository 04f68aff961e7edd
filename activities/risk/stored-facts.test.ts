/** What a model will learn from is what this one was asked about: the facts of a decision hold its features. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRiskPolicy, readScreening } from '../../db/risk-screening.ts';
import type { Currency } from '../../domain/currency.ts';
import { featureNames, type FeatureVector } from '../../domain/risk/features.ts';
import type { Facts } from '../../domain/risk/facts.ts';
import { storedVector } from '../../domain/risk/stored-vector.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts';
import { createJudge } from './judge.ts';
import { defaultModelPath, loadModel } from './load-model.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

test.each<Currency>(['USD', 'JPY', 'KWD'])('of a payment in %s', async (currency) => {
  let served: FeatureVector | undefined;
  const judge = createJudge({
    policies: { of: (id) => readRiskPolicy(on.worker, id), lastKnown: () => undefined },
    read: async (id) => {
      const screening = await readScreening(on.worker, id);
      served = screening.features;
      return screening;
    },
    ...{ model: loadModel(defaultModelPath, featureNames), shadows: [], onAttack: 'observe' },
    log: { warn: () => undefined } as unknown as Parameters<typeof createJudge>[0]['log'],
  });
  const payment = await on.accept({ currency, amount: 12_345n });
  // A busy machine may be slower than a shopper waits.
  let judged = await judge.judge(payment);
  for (let n = 0; n < 8 && judged.mode !== 'scored'; n += 1) judged = await judge.judge(payment);
  const { facts, mode } = judged;
  expect(mode).toBe('scored');
  expect(storedVector(JSON.parse(JSON.stringify(facts)) as Facts)).toEqual(served);
});
