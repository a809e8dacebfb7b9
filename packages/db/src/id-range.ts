/**
 * Sorts before every UUIDv7 (RFC 9562) of `unixMs` and later, and after those before it: the end
 * of a range of ids that were made earlier, which the primary key serves.
 */
export function firstIdOf(unixMs: number): string {
  const hex = Math.floor(unixMs).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
