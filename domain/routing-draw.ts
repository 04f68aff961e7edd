/**
 * Draws that everybody repeats alike: a payment's id decides, never chance. The domain holds no
 * randomness, and whoever asks again (a retry, a second process, a preview) must get the same route.
 */

/** Uniform in (0, 1), from these words alone. */
export function drawn(...words: readonly string[]): number {
  return (mixed(words.join('\n')) + 0.5) / 2 ** 32;
}

/** FNV-1a, then the finalizer of MurmurHash3: ids differ in their last digits, every bit must feel it. */
function mixed(text: string): number {
  let h = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    h = Math.imul(h ^ text.charCodeAt(index), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
