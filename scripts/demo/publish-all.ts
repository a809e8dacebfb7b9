import type { TrellisClient } from './trellis-client.ts';

export interface PublishOptions {
  client: Pick<TrellisClient, 'call'>;
  events: number;
  /** Requests under way at once. */
  concurrency: number;
  onPublished: (count: number) => void;
}

/**
 * Publishes events over HTTP and resolves to the moment, as performance.now(), at which each was
 * sent off, by the event's id. The first refusal ends it.
 */
export async function publishAll(options: PublishOptions): Promise<Map<string, number>> {
  const { client, events, concurrency, onPublished } = options;
  const sentAtMs = new Map<string, number>();
  let next = 0;
  const publishNext = async (): Promise<void> => {
    while (next < events) {
      const number = next++;
      const startedMs = performance.now();
      try {
        const { id } = await client.call<{ id: string }>('POST', '/events', eventOf(number));
        sentAtMs.set(id, startedMs);
      } catch (error) {
        next = events;
        throw error;
      }
      onPublished(sentAtMs.size);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, events) }, publishNext));
  return sentAtMs;
}

function eventOf(number: number) {
  return {
    type: 'order.paid',
    data: { order: `A-${number + 1}`, amount: 1_999, currency: 'EUR', items: [{ sku: 'tea' }] },
  };
}
