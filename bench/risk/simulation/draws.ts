/** The distributions that the process is made of, each from uniform draws. */
import type { Random } from '../../../domain/risk/training/random.ts';

export function drawUniform(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}

/** Box and Muller's, of which one half is thrown away: no state between draws. */
export function drawNormal(random: Random, mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * random());
}

/** Knuth's, good for small means. */
export function drawPoisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** `count` different whole numbers below `below`. */
export function drawDistinct(random: Random, count: number, below: number): readonly number[] {
  const drawn = new Set<number>();
  while (drawn.size < Math.min(count, below)) drawn.add(Math.floor(random() * below));
  return [...drawn];
}
