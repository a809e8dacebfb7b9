import type { TenantDb } from '@trellis/db/tenant-db';
import { rowsOf, type Search } from './look-for-rows.ts';

/** How far a count has come. */
export interface Counted {
  /** Deliveries that a recovery would queue. */
  count: number;
  /** The last id that was looked at; null at first. */
  after: string | null;
  /** Rows that were looked at. */
  seen: number;
  isEnd: boolean;
}

export const notCounted: Counted = { count: 0, after: null, seen: 0, isEnd: false };

/** Rows that one statement looks at, so that none takes long, however many there are. */
export const countRowsMax = 20_000;

/** Goes on counting how many deliveries a recovery would queue, over the next rows. */
export async function countPage(
  db: Pick<TenantDb, 'withTenant'>,
  search: Search,
  from: Counted,
  rowsMax: number,
): Promise<Counted> {
  const range = { after: from.after, rowsMax };
  const page = await db.withTenant(search.webhook.tenantId, async (tx) => {
    const [row] = await tx.sql<{ last: string | null; seen: number; fitting: number }[]>`
      with page as materialized (${rowsOf(tx.sql, search, range)})
      select (select id from page order by id desc limit 1) as last, count(*)::int as seen,
        (count(*) filter (where fits))::int as fitting
      from page`;
    return row ?? { last: null, seen: 0, fitting: 0 };
  });
  return {
    count: from.count + page.fitting,
    after: page.last ?? from.after,
    seen: from.seen + page.seen,
    isEnd: page.seen < rowsMax,
  };
}
