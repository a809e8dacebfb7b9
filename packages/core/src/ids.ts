import { v7 } from 'uuid';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new UUIDv7 (RFC 9562): sorts by creation time, so keyset pages can order by id alone. */
export function newId(): string {
  return v7();
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
