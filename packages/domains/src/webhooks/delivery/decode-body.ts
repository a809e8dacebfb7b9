import { Readable, type Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';

/** What is kept of a body: text for a person, never null characters, which Postgres refuses. */
export interface DecodedBody {
  text: string | null;
  truncated: boolean;
}

// A frame says how large a window it needs, up to 128 MB; on the web it is 8 MB (RFC 9659).
const zstd = {
  finishFlush: constants.ZSTD_e_flush,
  params: { [constants.ZSTD_d_windowLogMax]: 23 },
};

// The input may stop in the middle, as only its beginning is read: what is there is flushed.
function createDecoder(encoding: string, firstByte: number): Transform | null {
  const zlib = { finishFlush: constants.Z_SYNC_FLUSH };
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip(zlib);
  if (encoding === 'br') {
    return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
  }
  if (encoding === 'zstd') return createZstdDecompress(zstd);
  if (encoding !== 'deflate') return null;
  // Servers disagree whether "deflate" has the zlib header (RFC 9110, section 8.4.1.2).
  return (firstByte & 0x0f) === 8 ? createInflate(zlib) : createInflateRaw(zlib);
}

const utf8 = new TextDecoder();

/** Text of at most `bytesMax` bytes; a character cut in two at the end is left out. */
export function decodeText(bytes: Uint8Array, bytesMax: number, more: boolean): DecodedBody {
  const truncated = more || bytes.length > bytesMax;
  const kept = bytes.length > bytesMax ? bytes.subarray(0, bytesMax) : bytes;
  // A decoder in stream mode keeps the cut character to itself, so each such text needs its own.
  const raw = truncated ? new TextDecoder().decode(kept, { stream: true }) : utf8.decode(kept);
  const text = raw.replaceAll('\0', '\ufffd');
  return { text: text === '' ? null : text, truncated };
}

/**
 * Decompresses the beginning of a body until `bytesMax` bytes came out, and then stops: a bomb
 * costs one more chunk. Never rejects: of a broken body the part before the break is kept, of an
 * unknown encoding nothing.
 */
export async function decodeCompressed(
  bytes: Uint8Array,
  encoding: string,
  bytesMax: number,
  more: boolean,
): Promise<DecodedBody> {
  const decoder = createDecoder(encoding, bytes[0] ?? 0);
  if (!decoder) return { text: null, truncated: true };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of Readable.from([bytes]).pipe(decoder)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > bytesMax) break;
    }
  } catch {
    return decodeText(Buffer.concat(chunks), bytesMax, true);
  }
  return decodeText(Buffer.concat(chunks), bytesMax, more);
}
