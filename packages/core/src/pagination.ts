import { commonErrors } from './common-errors.ts';
import { isId } from './ids.ts';

/** One page of a list: `nextCursor` is null on the last page. */
export interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

/**
 * A keyset cursor names the last id of a page. Ids are UUIDv7, so "before this id" is stable
 * while rows are added or removed; an offset is not.
 */
export function encodeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** Throws `invalid_cursor` (400) for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!isId(id)) throw commonErrors.invalid_cursor();
  return id;
}

/** Cuts a page out of `limit + 1` rows, the extra one telling that there is more. */
export function toPage<Row extends { id: string }, Item>(
  rows: Row[],
  limit: number,
  present: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    data: kept.map(present),
    nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null,
  };
}
