import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { events } from '@trellis/db/schema/events';
import { webhookAttempts, webhookDeliveries, webhooks } from '@trellis/db/schema/webhooks';
import { selectById } from '@trellis/db/select-by-id';
import type { Tx } from '@trellis/db/tenant-db';
import { and, asc, count, desc, eq, inArray, lt, type SQL } from 'drizzle-orm';

export type Webhook = typeof webhooks.$inferSelect;
export type Delivery = typeof webhookDeliveries.$inferSelect;
export type Attempt = typeof webhookAttempts.$inferSelect;

/** One row more than asked for, which tells whether there is another page. */
const rowsFor = (page: PageQuery) => page.limit + 1;
const before = (column: typeof webhooks.id, page: PageQuery): SQL | undefined =>
  page.cursor ? lt(column, decodeCursor(page.cursor)) : undefined;

export async function countWebhooks(tx: Tx): Promise<number> {
  const [row] = await tx.orm.select({ used: count() }).from(webhooks);
  return row?.used ?? 0;
}

export async function insertWebhook(
  tx: Tx,
  values: typeof webhooks.$inferInsert,
): Promise<Webhook> {
  const [row] = await tx.orm.insert(webhooks).values(values).returning();
  return row as Webhook;
}

export function listWebhooks(tx: Tx, page: PageQuery): Promise<Webhook[]> {
  return tx.orm
    .select()
    .from(webhooks)
    .where(before(webhooks.id, page))
    .orderBy(desc(webhooks.id))
    .limit(rowsFor(page));
}

/** As `findWebhook`, but outside of a transaction. */
export const readWebhook = selectById(webhooks);

export async function findWebhook(tx: Tx, id: string): Promise<Webhook | undefined> {
  const [row] = await tx.orm.select().from(webhooks).where(eq(webhooks.id, id));
  return row;
}

export async function lockWebhook(tx: Tx, id: string): Promise<Webhook | undefined> {
  const [row] = await tx.orm.select().from(webhooks).where(eq(webhooks.id, id)).for('update');
  return row;
}

export async function updateWebhook(
  tx: Tx,
  id: string,
  change: Partial<typeof webhooks.$inferInsert>,
): Promise<Webhook> {
  const [row] = await tx.orm.update(webhooks).set(change).where(eq(webhooks.id, id)).returning();
  return row as Webhook;
}

/** What was not delivered yet never will be; what was stays until its retention ends. */
export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  await tx.orm
    .update(webhookDeliveries)
    .set({ status: 'cancelled' })
    .where(
      and(
        eq(webhookDeliveries.webhookId, id),
        inArray(webhookDeliveries.status, ['pending', 'failed']),
      ),
    );
  await tx.orm.delete(webhooks).where(eq(webhooks.id, id));
}

export interface DeliveryFilter extends PageQuery {
  status?: Delivery['status'] | undefined;
  event?: string | undefined;
}

export function listDeliveries(
  tx: Tx,
  webhookId: string,
  filter: DeliveryFilter,
): Promise<Delivery[]> {
  const { id, status, eventType } = webhookDeliveries;
  return tx.orm
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.webhookId, webhookId),
        filter.status && eq(status, filter.status),
        filter.event ? eq(eventType, filter.event) : undefined,
        filter.cursor ? lt(id, decodeCursor(filter.cursor)) : undefined,
      ),
    )
    .orderBy(desc(id))
    .limit(rowsFor(filter));
}

export interface DeliveryDetails {
  delivery: Delivery;
  payload: string;
  attempts: Attempt[];
}

export async function findDelivery(
  tx: Tx,
  webhookId: string,
  id: string,
): Promise<DeliveryDetails | undefined> {
  const [row] = await tx.orm
    .select({ delivery: webhookDeliveries, payload: events.payload })
    .from(webhookDeliveries)
    .innerJoin(events, eq(events.id, webhookDeliveries.eventId))
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.webhookId, webhookId)));
  if (!row) return undefined;
  const attempts = await tx.orm
    .select()
    .from(webhookAttempts)
    .where(eq(webhookAttempts.deliveryId, id))
    .orderBy(asc(webhookAttempts.id));
  return { ...row, attempts };
}
