import type { TenantDb } from '@trellis/db/tenant-db';
import { type PageRange, rowsOf, type Search } from './look-for-rows.ts';

/** Rows that one statement looks at, so that none takes long, however many there are. */
const rowsMax = 20_000;

interface Counted {
  last: string | null;
  seen: number;
  fitting: number;
}

/** How many deliveries a recovery would queue. */
export async function countRows(db: Pick<TenantDb, 'withTenant'>, search: Search): Promise<number> {
  let total = 0;
  let after: string | null = null;
  do {
    const range: PageRange = { after, rowsMax };
    const page: Counted | undefined = await db.withTenant(search.webhook.tenantId, async (tx) => {
      const [row] = await tx.sql<Counted[]>`
        with page as materialized (${rowsOf(tx.sql, search, range)})
        select (select id from page order by id desc limit 1) as last, count(*)::int as seen,
          (count(*) filter (where fits))::int as fitting
        from page`;
      return row;
    });
    total += page?.fitting ?? 0;
    after = page?.seen === rowsMax ? page.last : null;
  } while (after !== null);
  return total;
}
