const firstBytes = 512;

/**
 * The beginning of a body, copied into a buffer of its own: a chunk is a window on all that one
 * read of the socket brought, so that a receiver which sends single bytes between long chunk
 * extensions would have us keep a thousand times what it is allowed.
 */
export class KeptBytes {
  readonly #bytesMax: number;
  #buffer: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #length = 0;
  #isCut = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** Whether more came than is kept. */
  get isCut(): boolean {
    return this.#isCut;
  }

  add(chunk: Uint8Array): void {
    const end = Math.min(this.#length + chunk.length, this.#bytesMax);
    if (end > this.#buffer.length) this.#grow(end);
    this.#buffer.set(chunk.subarray(0, end - this.#length), this.#length);
    this.#isCut ||= this.#length + chunk.length > end;
    this.#length = end;
  }

  #grow(needed: number): void {
    const size = Math.max(needed, Math.min(this.#buffer.length * 2, this.#bytesMax), firstBytes);
    const grown = Buffer.allocUnsafe(size);
    grown.set(this.bytes);
    this.#buffer = grown;
  }
}
