/**
 * Platt's calibration: the sigmoid of a line through the scores, by Newton's method, on rows that whatever
 * gave the scores had not learned from. Its targets are a little inside 0 and 1, as Platt has them, so that
 * few frauds do not make it sure.
 */
import { sigmoid, type Calibration } from '../model.ts';
import { solve } from './solve.ts';

const stepsMax = 100;
/** Keeps the line from growing without end where scores separate perfectly. */
const ridge = 1e-6;

export function calibrate(labels: Uint8Array, logOdds: Float64Array): Calibration {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (labels.length - positives + 2)];
  let [slope, intercept] = [1, 0];
  for (let step = 0; step < stepsMax; step += 1) {
    let [bySlope, byIntercept] = [ridge * (slope - 1), ridge * intercept];
    let [ofSlope, ofBoth, ofIntercept] = [ridge, 0, ridge];
    for (let row = 0; row < labels.length; row += 1) {
      const score = logOdds[row] ?? 0;
      const chance = sigmoid(slope * score + intercept);
      const apart = chance - (labels[row] === 1 ? high : low);
      const weight = chance * (1 - chance);
      bySlope += apart * score;
      byIntercept += apart;
      ofSlope += weight * score * score;
      ofBoth += weight * score;
      ofIntercept += weight;
    }
    const hessian = Float64Array.of(ofSlope, ofBoth, ofBoth, ofIntercept);
    const [slopeMove = 0, interceptMove = 0] = solve(
      hessian,
      Float64Array.of(bySlope, byIntercept),
    );
    // The loss is convex and the start is near; a long step is still taken in parts.
    const size = Math.min(1, 2 / Math.hypot(slopeMove, interceptMove));
    slope -= size * slopeMove;
    intercept -= size * interceptMove;
    if (Math.hypot(slopeMove, interceptMove) < 1e-10) break;
  }
  // Scores that say the opposite would turn the order round: then they say nothing.
  if (slope < 0) {
    const share = (positives * high + (labels.length - positives) * low) / labels.length;
    [slope, intercept] = [0, Math.log(share / (1 - share))];
  }
  return { method: 'platt', slope, intercept, rows: labels.length };
}
