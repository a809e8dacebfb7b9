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
  }),
});

export const removeOldDeliveries = defineJob({
  name: 'webhooks.remove-old-deliveries',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
