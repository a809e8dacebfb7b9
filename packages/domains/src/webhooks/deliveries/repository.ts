import { newId } from '@trellis/core/ids';
import { events } from '@trellis/db/schema/events';
import { webhookAttempts, webhookDeliveries, webhooks } from '@trellis/db/schema/webhooks';
import type { Tx } from '@trellis/db/tenant-db';
import { and, asc, eq, lte, sql } from 'drizzle-orm';

export type Delivery = typeof webhookDeliveries.$inferSelect;
export type Attempt = typeof webhookAttempts.$inferSelect;
type NewEvent = Pick<typeof events.$inferInsert, 'tenantId' | 'type' | 'payload'>;

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
    // As the list of them: those of a subscription that was deleted are found by their event.
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.webhookId, webhookId)));
  if (!row) return undefined;
  const attempts = await tx.orm
    .select()
    .from(webhookAttempts)
    // One that was recorded since the row was read does not belong to what the row says.
    .where(
      and(eq(webhookAttempts.deliveryId, id), lte(webhookAttempts.attempt, row.delivery.attempts)),
    )
    .orderBy(asc(webhookAttempts.id));
  return { ...row, attempts };
}

export async function isEvent(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.orm.select({ id: events.id }).from(events).where(eq(events.id, id));
  return rows.length > 0;
}

export async function lockDelivery(
  tx: Tx,
  webhookId: string,
  id: string,
): Promise<Delivery | undefined> {
  const [row] = await tx.orm
    .select()
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.webhookId, webhookId)))
    .for('update');
  return row;
}

/**
 * Begins its tries anew, at once. What a worker holds goes on as it is; what waits keeps its place
 * among those of its ordering key, and what had ended goes to the end of their line.
 */
export async function sendAgain(tx: Tx, { id }: Pick<Delivery, 'id'>): Promise<Delivery> {
  const [row] = await tx.orm
    .update(webhookDeliveries)
    .set({
      status: 'pending',
      tries: 0,
      trigger: 'manual',
      deliveredAt: null,
      position: sql`case when ordering_key is null or status in ('pending', 'failed') then position
        else trellis_next_position(tenant_id, ordering_key) end`,
      dueAt: sql`case when leased_until > now() or due_at = 'infinity' then due_at else now() end`,
    })
    .where(eq(webhookDeliveries.id, id))
    .returning();
  return row as Delivery;
}

/** An event for one subscription alone, whatever that asks for. */
export async function insertDirect(
  tx: Tx,
  event: NewEvent,
  delivery: Pick<Delivery, 'webhookId' | 'trigger'>,
): Promise<Delivery> {
  const eventId = newId();
  await tx.orm.insert(events).values({ ...event, id: eventId, deliveries: 1 });
  const { tenantId, type: eventType } = event;
  const [row] = await tx.orm
    .insert(webhookDeliveries)
    .values({ ...delivery, tenantId, eventId, eventType })
    .returning();
  return row as Delivery;
}
