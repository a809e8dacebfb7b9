import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

/** The doorbell of the delivery: some may be due. What is due stands in Postgres alone. */
export const deliverWebhooks = defineJob({
  name: 'webhooks.deliver',
  queue: 'webhooks',
  payload: Type.Object({}),
});

/** Queues again what a subscription did not get, page by page. */
export const recoverWebhook = defineJob({
  name: 'webhooks.recover',
  queue: 'default',
  payload: Type.Object({
    tenantId: Type.String(),
    recoveryId: Type.String(),
    /** How far the count of what there is to queue has come; none before it has begun. */
    counted: Type.Optional(Type.Object({ count: Type.Integer(), after: Type.String() })),
  }),
});

/** Cancels what still waits for a subscription that was deleted, page by page. */
export const cancelDeliveries = defineJob({
  name: 'webhooks.cancel-deliveries',
  queue: 'default',
  payload: Type.Object({
    tenantId: Type.String(),
    webhookId: Type.String(),
    /** The last id that was looked at; none at first. */
    after: Type.Optional(Type.String()),
  }),
});

export const removeOldDeliveries = defineJob({
  name: 'webhooks.remove-old-deliveries',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
