import type { DeliveryReply } from '../delivery-schemas.ts';
import type { Attempt, Delivery, DeliveryDetails } from './repository.ts';

/** Rows as the wire shows them. */

export function presentDelivery(row: Delivery): DeliveryReply {
  const waits = row.status === 'pending' || row.status === 'failed';
  return {
    id: row.id,
    webhookId: row.webhookId,
    eventId: row.eventId,
    event: row.eventType,
    orderingKey: row.orderingKey,
    status: row.status,
    trigger: row.trigger,
    attempts: row.attempts,
    statusCode: row.statusCode,
    error: row.error,
    nextAttemptAt: waits ? instantOf(row.dueAt) : null,
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

function presentAttempt({ deliveryId: _, tenantId: __, ...row }: Attempt) {
  return { ...row, createdAt: row.createdAt.toISOString() };
}

export function presentDetails(
  { delivery, payload, attempts }: DeliveryDetails,
  showsPayload: boolean,
) {
  return {
    ...presentDelivery(delivery),
    payload: showsPayload ? payload : null,
    attemptList: attempts.map(presentAttempt),
  };
}

/** Null for what waits until another of its ordering key has ended: `infinity` in the table. */
function instantOf(date: Date): string | null {
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
