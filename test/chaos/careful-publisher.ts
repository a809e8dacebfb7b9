import { setTimeout as wait } from 'node:timers/promises';
import type { Reply } from '@trellis/test/api';

const lanes = 20;
const retryMs = 100;
/** Every fourth is one of fifty ordering keys. */
const keyedEvery = 4;
const keysSpread = 200;

export interface CarefulPublisher {
  /** The id that each number was answered with, once it was accepted. */
  ids: ReadonlyMap<number, string>;
  /** Lets it go on until so many are under way. */
  allow(count: number): void;
  /** Resolves when all are accepted. */
  done: Promise<unknown>;
}

/** Answers one try; rejects when nobody answered. */
type Publish = (body: object) => Promise<Reply>;

/**
 * Publishes the numbers from 0 on, each again and with the same idempotency key until it is
 * accepted, as a careful client does. `signal` makes it give up.
 */
export function startPublishing(
  publish: Publish,
  count: number,
  signal: AbortSignal,
): CarefulPublisher {
  const ids = new Map<number, string>();
  let next = 0;
  let allowed = 0;
  const publishOne = async (number: number): Promise<void> => {
    const body = {
      type: 'order.paid',
      data: { number },
      idempotencyKey: `order-${number}`,
      ...(number % keyedEvery === 0 && { orderingKey: `key ${number % keysSpread}` }),
    };
    for (;;) {
      // Whoever does not answer may have accepted it nevertheless.
      const reply = await publish(body).catch(() => undefined);
      if (reply?.status === 202) return void ids.set(number, reply.body.id);
      if (reply && reply.status < 500) throw new Error(`publishing answered ${reply.status}`);
      await wait(retryMs, undefined, { signal });
    }
  };
  const lane = async (): Promise<void> => {
    while (next < count) {
      if (next < allowed) await publishOne(next++);
      else await wait(retryMs, undefined, { signal });
    }
  };
  const done = Promise.all(Array.from({ length: lanes }, lane));
  // Who awaits it hears of a failure; until then it is nobody's.
  done.catch(() => {});
  return {
    ids,
    done,
    allow: (to) => {
      allowed = to;
    },
  };
}
