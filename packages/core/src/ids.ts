import { v7 } from 'uuid';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new UUIDv7 (RFC 9562): sorts by creation time, so keyset pages can order by id alone. */
export function newId(): string {
  return v7();
}

export function isId(value: string): boolean {
  return pattern.test(value);
}
