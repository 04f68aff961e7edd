/**
 * Which ids a file has listed, in 12 bytes for each: a million of them as strings would be more than the
 * whole import may use. Two ids are taken for one if 96 bits of hash agree, which in a file of a million
 * happens once in 10^17.
 */
const words = 3;

export class SeenIds {
  #count = 0;
  #slots = 1_024;
  #table = new Uint32Array(this.#slots * words);

  /** True the first time. */
  add(id: string): boolean {
    if (this.#count * 2 >= this.#slots) this.#grow();
    const [a, b, c] = hashOf(id);
    const isNew = this.#put(a, b, c);
    if (isNew) this.#count += 1;
    return isNew;
  }

  #put(a: number, b: number, c: number): boolean {
    const table = this.#table;
    for (let slot = a % this.#slots; ; slot = (slot + 1) % this.#slots) {
      const at = slot * words;
      // `a` is never zero, so zero is an empty slot.
      if (table[at] === 0) {
        table.set([a, b, c], at);
        return true;
      }
      if (table[at] === a && table[at + 1] === b && table[at + 2] === c) return false;
    }
  }

  #grow(): void {
    const before = this.#table;
    this.#slots *= 2;
    this.#table = new Uint32Array(this.#slots * words);
    for (let at = 0; at < before.length; at += words) {
      const a = before[at] ?? 0;
      if (a !== 0) this.#put(a, before[at + 1] ?? 0, before[at + 2] ?? 0);
    }
  }
}

/** Three of the kind of FNV-1a, turned at each step so that every bit reaches every other. */
function hashOf(id: string): readonly [number, number, number] {
  let [a, b, c] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    a = Math.imul(((a << 5) | (a >>> 27)) ^ code, 0x01000193);
    b = Math.imul(((b << 7) | (b >>> 25)) ^ code, 0x9e3779b1);
    c = Math.imul(((c << 11) | (c >>> 21)) ^ code, 0x85ebca77);
  }
  return [stir(a) || 1, stir(b), stir(c)];
}

function stir(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
