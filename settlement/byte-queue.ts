/** Chunks of bytes, taken in pieces of any length. */
export class ByteQueue {
  readonly #iterator: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Exactly so many; null: there are fewer. */
  async take(length: number): Promise<Buffer | null> {
    while (this.#held.length < length) {
      const next = await this.#iterator.next();
      if (next.done === true) return null;
      this.#held = Buffer.concat([this.#held, next.value]);
    }
    return this.#cut(length);
  }

  /** At least one and at most so many; null: the end. */
  async takeSome(max: number): Promise<Buffer | null> {
    while (this.#held.length === 0) {
      const next = await this.#iterator.next();
      if (next.done === true) return null;
      this.#held = next.value;
    }
    return this.#cut(Math.min(max, this.#held.length));
  }

  /** Taken too much. */
  giveBack(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held]);
  }

  /** All that is left, up to `max` and one chunk. */
  async takeRest(max: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    for (;;) {
      const part = await this.takeSome(max);
      if (part === null || size > max) return Buffer.concat(parts);
      parts.push(part);
      size += part.length;
    }
  }

  #cut(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}
