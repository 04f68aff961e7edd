/** Durations as the code writes them, and as a page does. */
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  second: 1_000,
  min: 60_000,
  h: 3_600_000,
};

/** `2 s`, `2s`, `2 seconds`. */
export function readDuration(words: string): number {
  const match = /^(\d+) ?(ms|seconds?|s|min|h)$/.exec(words);
  const unit = unitMs[match?.[2]?.replace(/seconds$/, 'second') ?? ''];
  if (match === null || unit === undefined) throw new Error(`no duration: ${words}`);
  return Number(match[1]) * unit;
}

/** Every value that `name` is given in a source: a product of numbers, a text, an SQL interval. */
export function durationsOf(name: string, source: string): readonly number[] {
  const products = [...source.matchAll(new RegExp(`const ${name} = ([\\d_* ]+);`, 'g'))].map(
    ([, product = '']) =>
      product.split('*').reduce((all, factor) => all * Number(factor.replaceAll('_', '')), 1),
  );
  const texts = [
    ...source.matchAll(new RegExp(`\\b${name}: '([^']+)'`, 'g')),
    ...source.matchAll(new RegExp(`function ${name}\\(\\).*interval '([^']+)'`, 'g')),
  ].map(([, text = '']) => readDuration(text));
  return [...products, ...texts];
}
