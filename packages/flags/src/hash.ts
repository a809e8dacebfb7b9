const encoder = new TextEncoder();
/** For the texts that are hashed all the time; the encoder costs more than the hash does. */
const shortBytes = new Uint8Array(256);

/** MurmurHash3, x86, 32 bits, over the UTF-8 bytes of a text (Austin Appleby, public domain). */
export function murmur3(text: string, seed: number): number {
  const isShort = writeAscii(text);
  const bytes = isShort ? shortBytes : encoder.encode(text);
  const length = isShort ? text.length : bytes.length;
  const rest = length & 3;
  const blocksEnd = length - rest;
  let hash = seed;
  for (let at = 0; at < blocksEnd; at += 4) {
    const block =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    hash ^= scramble(block);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let index = rest - 1; index >= 0; index--) {
    tail = (tail << 8) | (bytes[blocksEnd + index] ?? 0);
  }
  if (rest > 0) hash ^= scramble(tail);
  return finish(hash ^ length);
}

/** Answers false for a text that is long, or not ASCII. */
function writeAscii(text: string): boolean {
  if (text.length > shortBytes.length) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    shortBytes[index] = code;
  }
  return true;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
