/** What models are trained with where nobody says otherwise; how it was found is in docs/risk.md. */
import type { BoostingOptions } from './boosting.ts';
import type { LogisticOptions } from './logistic.ts';

export const defaultLogistic: LogisticOptions = { l2: 1 };

export const defaultBoosting: BoostingOptions = {
  roundsMax: 400,
  patience: 40,
  rowShare: 1,
  learningRate: 0.1,
  leavesMax: 16,
  depthMax: 6,
  l2: 1,
  rowsPerLeafMin: 20,
  curvaturePerLeafMin: 1e-3,
};
