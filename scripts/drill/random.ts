/** Chance from a seed: the same story number draws the same story in every run of that seed. */
import { createHash } from 'node:crypto';

export interface Random {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** A whole number from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
}

export function createRandom(...coordinates: readonly (string | number)[]): Random {
  let draws = 0;
  const next = (): number => {
    const digest = createHash('sha256').update(JSON.stringify([...coordinates, draws]));
    draws += 1;
    return digest.digest().readUIntBE(0, 6) / 2 ** 48;
  };
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
  };
}

/** `total` in up to `count` parts of at least 1, all of it. */
export function split(random: Random, total: number, count: number): readonly number[] {
  const parts: number[] = [];
  let left = total;
  for (let open = count; open > 1 && left > open; open -= 1) {
    const part = random.between(1, left - open);
    parts.push(part);
    left -= part;
  }
  return [...parts, left];
}
