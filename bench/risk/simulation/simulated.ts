/** Everything a run on simulated payments needs, from one seed. */
import { createRandom } from '../../../domain/risk/training/random.ts';
import { takeRows, type Samples } from '../../../domain/risk/training/samples.ts';
import { featureColumns, simulatedFeatures } from './features.ts';
import { firstSecond, type Payments, type ProcessSize } from './payments.ts';
import { simulatePayments } from './process.ts';
import { dayOf, splitPayments } from './split.ts';

export interface Simulated {
  readonly payments: Payments;
  readonly train: Samples;
  readonly test: Samples;
  /** Of the test's rows: whose card, and the day. */
  readonly testCards: Int32Array;
  readonly testDays: Int32Array;
}

export function simulate(seed: number, size: ProcessSize): Simulated {
  const payments = simulatePayments(createRandom(seed), size);
  const split = splitPayments(payments);
  const all: Samples = {
    features: simulatedFeatures,
    columns: featureColumns(payments, size),
    labels: payments.fraud.map((kind) => (kind === 0 ? 0 : 1)),
    at: payments.second.map((second) => firstSecond + second),
  };
  return {
    payments,
    train: takeRows(all, split.train),
    test: takeRows(all, split.test),
    testCards: split.test.map((row) => payments.customer[row] ?? 0),
    testDays: split.test.map((row) => dayOf(payments, row)),
  };
}
