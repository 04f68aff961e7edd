/** When calls have gone wrong often enough: a share of many, or a row of few. */
import { CircuitState, ConsecutiveBreaker, SamplingBreaker } from 'cockatiel';
import * as settings from './settings.ts';

export interface Judges {
  /** Counts a call; true: this one was too much. */
  opens(isWell: boolean): boolean;
}

export function createJudges(): Judges {
  const sampling = new SamplingBreaker({
    threshold: settings.failureShareMax,
    duration: settings.samplingMs,
    minimumRps: settings.samplingPerSecondMin,
  });
  const row = new ConsecutiveBreaker(settings.failuresInARow);
  return {
    opens: (isWell) => {
      if (isWell) {
        sampling.success(CircuitState.Closed);
        row.success();
        return false;
      }
      const isTooMany = sampling.failure(CircuitState.Closed);
      return row.failure() || isTooMany;
    },
  };
}
