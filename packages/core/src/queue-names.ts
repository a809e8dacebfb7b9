/** The queues of a worker; each has its own concurrency. */
export const queueNames = ['webhooks', 'email', 'cleanup', 'default'] as const;
export type QueueName = (typeof queueNames)[number];
