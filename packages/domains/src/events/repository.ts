import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { events } from '@trellis/db/schema/events';
import { quotaUse } from '@trellis/db/schema/plans';
import { selectById } from '@trellis/db/select-by-id';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, lt, sql } from 'drizzle-orm';

export type Event = typeof events.$inferSelect;

export interface EventFilter extends PageQuery {
  type?: string | undefined;
}

/** One row more than a page has, which tells whether there is another page. */
export function listEvents(tx: Tx, { type, cursor, limit }: EventFilter): Promise<Event[]> {
  return tx.orm
    .select()
    .from(events)
    .where(
      and(
        type ? eq(events.type, type) : undefined,
        cursor ? lt(events.id, decodeCursor(cursor)) : undefined,
      ),
    )
    .orderBy(desc(events.id))
    .limit(limit + 1);
}

export const readEvent = selectById(events);

/** What the tenant has published since the month began (UTC), as the publish statement counts it. */
export async function countMonth(tx: Tx, tenantId: string): Promise<number> {
  const [row] = await tx.orm
    .select({ used: quotaUse.used })
    .from(quotaUse)
    .where(
      and(
        eq(quotaUse.tenantId, tenantId),
        eq(quotaUse.quota, 'maxEvents'),
        eq(quotaUse.period, sql`date_trunc('month', now() at time zone 'utc')::date`),
      ),
    );
  return row?.used ?? 0;
}
