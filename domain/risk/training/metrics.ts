/** How well scores tell frauds from the rest; rows of equal score are never told apart by their order. */

/** The chance that a fraud scores above a good payment, ties counted half; NaN where there are not both. */
export function areaUnderRoc(labels: Uint8Array, scores: Float64Array): number {
  let [goodAbove, goodSeen, frauds, goods] = [0, 0, 0, 0];
  for (const { positives, negatives } of stepsDown(labels, scores)) {
    goodAbove += positives * (goodSeen + negatives / 2);
    goodSeen += negatives;
    frauds += positives;
    goods += negatives;
  }
  return 1 - goodAbove / (frauds * goods);
}

/** Precision at each score that has frauds, weighted by the frauds it adds, not interpolated. */
export function averagePrecision(labels: Uint8Array, scores: Float64Array): number {
  let [sum, frauds, flagged] = [0, 0, 0];
  for (const { positives, negatives } of stepsDown(labels, scores)) {
    frauds += positives;
    flagged += positives + negatives;
    sum += (positives * frauds) / flagged;
  }
  return sum / frauds;
}

/** Mean squared distance of probabilities from what happened. */
export function brierScore(labels: Uint8Array, probabilities: Float64Array): number {
  return mean(labels, (label, row) => (label - (probabilities[row] ?? 0)) ** 2);
}

/** Mean negative logarithm of the probability given to what happened. */
export function logLoss(labels: Uint8Array, probabilities: Float64Array): number {
  return mean(labels, (label, row) => {
    const given = probabilities[row] ?? 0;
    return -Math.log(Math.max(1e-15, label === 1 ? given : 1 - given));
  });
}

function mean(labels: Uint8Array, of: (label: number, row: number) => number): number {
  return labels.reduce((sum, label, row) => sum + of(label, row), 0) / labels.length;
}

interface Step {
  readonly positives: number;
  readonly negatives: number;
}

/** From the highest score down: the rows of each. */
function* stepsDown(labels: Uint8Array, scores: Float64Array): Generator<Step> {
  const order = Int32Array.from(labels, (_, row) => row);
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  for (let from = 0, to = 0; from < order.length; from = to) {
    const score = scores[order[from] ?? 0];
    let positives = 0;
    for (; to < order.length && scores[order[to] ?? 0] === score; to += 1) {
      positives += labels[order[to] ?? 0] ?? 0;
    }
    yield { positives, negatives: to - from - positives };
  }
}

export interface Reliability {
  /** Probabilities from here to the next. */
  readonly from: number;
  readonly rows: number;
  /** Mean probability, and the share of frauds; equal where probabilities are true. */
  readonly said: number;
  readonly happened: number;
}

/** `edges` ascending; ranges without rows are left out. */
export function reliability(
  labels: Uint8Array,
  probabilities: Float64Array,
  edges: readonly number[],
): readonly Reliability[] {
  return [0, ...edges].flatMap((from, index) => {
    const to = edges[index] ?? Infinity;
    const rows = [...probabilities.keys()].filter((row) => {
      const said = probabilities[row] ?? 0;
      return said >= from && said < to;
    });
    if (rows.length === 0) return [];
    const share = (of: Uint8Array | Float64Array): number =>
      rows.reduce((sum, row) => sum + (of[row] ?? 0), 0) / rows.length;
    return [{ from, rows: rows.length, said: share(probabilities), happened: share(labels) }];
  });
}
