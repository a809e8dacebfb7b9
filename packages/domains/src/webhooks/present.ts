import type { Attempt, Delivery, DeliveryDetails, Webhook } from './repository.ts';
import type { DeliveryReply, WebhookReply } from './schemas.ts';

/** Rows as the wire shows them. */

export function presentWebhook(row: Webhook): WebhookReply {
  const { id, url, events, description, isActive, disabledReason, secretHint } = row;
  return {
    id,
    url,
    events,
    description,
    isActive,
    disabledReason,
    secretHint,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

export function presentDelivery(row: Delivery): DeliveryReply {
  const waits = row.status === 'pending' || row.status === 'failed';
  return {
    id: row.id,
    webhookId: row.webhookId,
    eventId: row.eventId,
    event: row.eventType,
    status: row.status,
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

export function presentDetails({ delivery, payload, attempts }: DeliveryDetails) {
  return {
    ...presentDelivery(delivery),
    payload,
    attemptList: attempts.map(presentAttempt),
  };
}

/** Null for what waits until another of its ordering key has ended: `infinity` in the table. */
function instantOf(date: Date): string | null {
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
