import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { detectType, sampleBytes } from '../detect-type.ts';
import { fileErrors } from '../errors.ts';
import type { Reservation } from './reservation.ts';

/** What is known of a content once all of it has passed. */
export interface Content {
  /** Bytes. */
  size: number;
  /** SHA-256, in hex. */
  checksum: string;
  contentType: string;
}

export interface Meter {
  /** Passes the content on, and no byte that is not set aside. */
  pass(body: Readable): AsyncGenerator<Buffer>;
  content(name: string): Promise<Content>;
  /** Why it let no more pass. */
  failure(): unknown;
}

/** Throws `file_too_large` (413) at `fileSizeMax`, and what the reservation throws. */
export function createMeter(reservation: Reservation, fileSizeMax: number): Meter {
  const hash = createHash('sha256');
  const sample: Buffer[] = [];
  let size = 0;
  let failure: unknown;

  const measure = async (chunk: Buffer): Promise<void> => {
    const total = size + chunk.length;
    if (total > fileSizeMax) {
      throw fileErrors.file_too_large(`A file has at most ${fileSizeMax} bytes.`);
    }
    await reservation.cover(total);
    if (size < sampleBytes) sample.push(chunk.subarray(0, sampleBytes - size));
    hash.update(chunk);
    size = total;
  };

  return {
    async *pass(body) {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        await measure(chunk).catch((error: unknown) => {
          failure = error;
          throw error;
        });
        yield chunk;
      }
    },
    content: async (name) => ({
      size,
      checksum: hash.digest('hex'),
      contentType: await detectType(Buffer.concat(sample), name),
    }),
    failure: () => failure,
  };
}
