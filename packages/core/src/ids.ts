import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const bytesPerId = 16;
/** Random bytes for many ids: each draw from the system costs more than all the rest of an id. */
const drawn = Buffer.alloc(256 * bytesPerId);
let drawnUsed = drawn.length;

let lastMs = 0;
let lastCounter = 0;

/**
 * A new UUIDv7 (RFC 9562): sorts by creation time, so keyset pages can order by id alone. Within a
 * process each sorts after the one before, also when the clock goes back (6.2, method 1).
 */
export function newId(): string {
  const random = drawRandom();
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    // Its first bit is left 0, so that a millisecond has room for two billion more.
    lastCounter = random.readUInt32BE(0) >>> 1;
  } else if (lastCounter < 0xffffffff) {
    lastCounter++;
  } else {
    lastMs++;
    lastCounter = 0;
  }
  return v7({ msecs: lastMs, seq: lastCounter, random });
}

/** No bytes are given out twice. */
function drawRandom(): Buffer {
  if (drawnUsed === drawn.length) {
    randomFillSync(drawn);
    drawnUsed = 0;
  }
  drawnUsed += bytesPerId;
  return drawn.subarray(drawnUsed - bytesPerId, drawnUsed);
}

/**
 * A UUIDv7 of that millisecond. Of two with the same one, that of the higher `counter` sorts later;
 * 32 bits of it count, and 42 random ones keep ids apart.
 */
export function newIdAt(unixMs: number, counter: number): string {
  return v7({ msecs: unixMs, seq: counter });
}

export function isId(value: string): boolean {
  return pattern.test(value);
}
