/** Chance from a seed, fast enough for millions of draws: the same seed draws the same in every run. */

/** Uniform in [0, 1). */
export type Random = () => number;

/** Doty-Humphrey's sfc32, warmed up: near seeds differ from the first draw on. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = seed >>> 0;
  let c = Math.floor(seed / 2 ** 32) >>> 0;
  let counter = 1;
  const next = (): number => {
    const drawn = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + drawn;
    return (drawn >>> 0) / 2 ** 32;
  };
  for (let warming = 0; warming < 20; warming += 1) next();
  return next;
}
