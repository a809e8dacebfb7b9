import type { Static, TSchema } from '@sinclair/typebox';
import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';
import { deliverWebhooks } from '../webhooks/jobs.ts';
import type { EventDefinition } from './define-event.ts';
import { gatherEvent } from './gather-events.ts';
import { type NewEvent, type PublishedEvent, publishEvent } from './publish-event.ts';

export interface WebhookTrigger {
  event: string;
  tenantId: string;
  /** What the body of the webhook has as `data`. */
  payload: unknown;
}

/**
 * Publishes an event of a domain to the tenant's subscriptions. With `tx` it joins the caller's
 * transaction: a rollback sends nothing. Delivery is at least once.
 */
export function triggerWebhooks(
  platform: Pick<Platform, 'db' | 'jobs'>,
  trigger: WebhookTrigger,
  tx?: Tx,
): Promise<PublishedEvent> {
  const { event: type, tenantId, payload } = trigger;
  const event = { type, tenantId, data: JSON.stringify(payload ?? null) };
  return tx ? publishWithin(platform, event, tx) : publishAlone(platform, event);
}

/**
 * The same for an event that its domain declared: as part of the transaction of the change. With an
 * idempotency key it throws where that key made an event of other contents before.
 */
export async function emitEvent<Data extends TSchema>(
  needs: Pick<Platform, 'jobs'>,
  tx: Tx,
  tenantId: string,
  { name }: EventDefinition<Data>,
  data: Static<Data>,
  keys: Pick<NewEvent, 'idempotencyKey' | 'orderingKey'> = {},
): Promise<void> {
  const event = { type: name, tenantId, data: JSON.stringify(data), ...keys };
  await publishWithin(needs, event, tx);
}

/** One round trip, shared with what else the tenant publishes, and a ring when it is committed. */
export async function publishAlone(
  { db, jobs }: Pick<Platform, 'db' | 'jobs'>,
  event: NewEvent,
): Promise<PublishedEvent> {
  const published = event.idempotencyKey
    ? await publishEvent((statement) => db.queryTenant(event.tenantId, statement), event)
    : await gatherEvent(db, event);
  if (published.deliveries > 0) jobs.ring(deliverWebhooks);
  return published;
}

async function publishWithin(
  { jobs }: Pick<Platform, 'jobs'>,
  event: NewEvent,
  tx: Tx,
): Promise<PublishedEvent> {
  const published = await publishEvent(async (statement) => [...(await statement(tx.sql))], event);
  if (published.deliveries > 0) tx.afterCommit(() => jobs.ring(deliverWebhooks));
  return published;
}
