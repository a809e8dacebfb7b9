import { setImmediate as turnOfLoop, setTimeout as wait } from 'node:timers/promises';
import type { TenantDb } from '@trellis/db/tenant-db';
import { type PublishedEvent, publishEvents, type UnkeyedEvent } from './publish-event.ts';

type Db = Pick<TenantDb, 'queryTenant'>;

interface Waiting {
  event: UnkeyedEvent;
  resolve: (published: PublishedEvent) => void;
  reject: (error: unknown) => void;
}

const eventsMax = 100;
/** How long a statement waits for more when few came beside the one before it. */
const gatherMs = 1;
/** Of the events of the statement before. With more than these the way to Postgres is kept busy. */
const fewShare = 1 / 4;
/** Of the data of the events in one statement; one event may be larger. */
const charactersMax = 1_000_000;

const gatherers = new WeakMap<Db, (event: UnkeyedEvent) => Promise<PublishedEvent>>();

/**
 * Publishes at once when the tenant has nothing under way, else together with all else that comes
 * until that is committed. Resolves when the event is committed; a failure is that of all in one
 * statement. A transaction costs many times what one more event in it does.
 */
export function gatherEvent(db: Db, event: UnkeyedEvent): Promise<PublishedEvent> {
  const gather = gatherers.get(db) ?? createGatherer(db);
  gatherers.set(db, gather);
  return gather(event);
}

function createGatherer(db: Db): (event: UnkeyedEvent) => Promise<PublishedEvent> {
  const tenants = new Map<string, Waiting[]>();

  const publishBatch = async (tenantId: string, batch: Waiting[]): Promise<void> => {
    try {
      const published = await publishEvents(
        (statement) => db.queryTenant(tenantId, statement),
        tenantId,
        batch.map(({ event }) => event),
      );
      published.forEach((answer, index) => {
        if (answer instanceof Error) batch[index]?.reject(answer);
        else batch[index]?.resolve(answer);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const publishAll = async (tenantId: string, queue: Waiting[]): Promise<void> => {
    let last = 0;
    do {
      // Where many publish at once, most of them had their answer just now and come again.
      const isWorthWaiting = last > 1 && queue.length < last * fewShare;
      await (isWorthWaiting ? wait(gatherMs) : turnOfLoop());
      const batch = takeBatch(queue);
      last = batch.length;
      if (last > 0) await publishBatch(tenantId, batch);
    } while (queue.length > 0 || last > 1);
    tenants.delete(tenantId);
  };

  return (event) =>
    new Promise((resolve, reject) => {
      const waiting = { event, resolve, reject };
      const queue = tenants.get(event.tenantId);
      if (queue) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      tenants.set(event.tenantId, started);
      // Never rejects: each failure goes to those who wait for it.
      void publishAll(event.tenantId, started);
    });
}

function takeBatch(queue: Waiting[]): Waiting[] {
  let characters = 0;
  let count = 0;
  for (const { event } of queue.slice(0, eventsMax)) {
    characters += event.data.length;
    if (count > 0 && characters > charactersMax) break;
    count++;
  }
  return queue.splice(0, count);
}
