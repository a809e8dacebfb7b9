import { createHash } from 'node:crypto';
import { commonErrors } from '@trellis/core/common-errors';
import { newId } from '@trellis/core/ids';
import {
  insertEvents,
  type PublishRow,
  type RunStatement,
  releaseOne,
} from './publish-statement.ts';

/** An event on its way into the outbox. */
export interface NewEvent {
  tenantId: string;
  type: string;
  /** The JSON text of `data`, sent on byte for byte. */
  data: string;
  orderingKey?: string | undefined;
  idempotencyKey?: string | undefined;
  /** Whether it counts against `maxEvents` of the plan; what the platform tells of itself does not. */
  counts?: boolean;
}

export type UnkeyedEvent = Omit<NewEvent, 'idempotencyKey'>;

export interface PublishedEvent {
  id: string;
  type: string;
  /** How many subscriptions it goes to. */
  deliveries: number;
}

/**
 * Writes the event and its deliveries in one statement: they are there together or not at all.
 * The same idempotency key answers the event that it made before; with other contents it throws
 * `idempotency_key_reused` (409). Beyond the events of the plan's month it throws
 * `plan_limit_reached` (403).
 */
export async function publishEvent(run: RunStatement, event: NewEvent): Promise<PublishedEvent> {
  const { tenantId, idempotencyKey } = event;
  const id = newId();
  const [row] = await run((sql) =>
    insertEvents(sql, tenantId, [
      { ...event, id, payload: payloadOf(event), requestHash: hashOf(event) },
    ]),
  );
  if (row?.outcome === 'made') return answer(row);
  if (row?.outcome === 'over_quota') throw overQuota();
  if (row?.outcome === 'known') return answerKnown(row, event);
  // Somebody else published it at the same time. A conflict waits for the commit, so its row can be
  // seen now; what was counted for this one is given back.
  const [first] = await run((sql) => releaseOne(sql, tenantId, idempotencyKey ?? '', event.counts));
  if (!first) throw commonErrors.idempotency_in_progress(undefined, { retryAfterSeconds: 1 });
  return answerKnown(first, event);
}

/**
 * Publishes events of one tenant, without idempotency keys, in one statement; answers in their
 * order, with an error for each that is over the plan. Keys are left out because two such
 * statements could each wait for a key of the other.
 */
export async function publishEvents(
  run: RunStatement,
  tenantId: string,
  events: readonly UnkeyedEvent[],
): Promise<(PublishedEvent | Error)[]> {
  const prepared = events.map((event) => ({
    ...event,
    id: newId(),
    payload: payloadOf(event),
    requestHash: null,
  }));
  const rows = await run((sql) => insertEvents(sql, tenantId, prepared));
  const made = new Map(rows.map((row) => [row.id, row]));
  return prepared.map(({ id }) => {
    const row = made.get(id);
    if (!row) throw new Error(`event ${id} was not written`);
    return row.outcome === 'made' ? answer(row) : overQuota();
  });
}

function answer({ id, type, deliveries }: PublishRow): PublishedEvent {
  return { id, type, deliveries };
}

function answerKnown(row: PublishRow, event: NewEvent): PublishedEvent {
  if (row.request_hash !== hashOf(event)) throw commonErrors.idempotency_key_reused();
  return answer(row);
}

function overQuota(): Error {
  return commonErrors.plan_limit_reached('The events of this month (maxEvents) are used up.');
}

function hashOf({ type, data, orderingKey, idempotencyKey }: NewEvent): string | null {
  if (!idempotencyKey) return null;
  const text = orderingKey === undefined ? `${type}\n${data}` : `${type}\n${data}\n${orderingKey}`;
  return createHash('sha256').update(text).digest('base64url');
}

/** The body of the webhook (Standard Webhooks). */
export function payloadOf({ type, data }: Pick<NewEvent, 'type' | 'data'>): string {
  const timestamp = new Date().toISOString();
  return `{"type":${JSON.stringify(type)},"timestamp":"${timestamp}","data":${data}}`;
}
