import { createHash } from 'node:crypto';
import { commonErrors } from '@trellis/core/common-errors';
import { newId } from '@trellis/core/ids';
import { brokenConstraint } from '@trellis/db/failures';
import {
  findPublished,
  idempotencyKeyIndex,
  insertEvents,
  type PublishRow,
  type RunStatement,
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
 * `plan_limit_reached` (403). `run` gives an event with a key a transaction of its own, as one that
 * another was faster with is rolled back.
 */
export async function publishEvent(run: RunStatement, event: NewEvent): Promise<PublishedEvent> {
  const { tenantId } = event;
  const id = newId();
  const rows = await run((sql) =>
    insertEvents(sql, tenantId, [
      { ...event, id, payload: payloadOf(event), requestHash: hashOf(event) },
    ]),
  ).catch((error) => {
    if (brokenConstraint(error) === idempotencyKeyIndex) return [];
    throw error;
  });
  if (rows[0]?.outcome === 'made') return answer(rows[0]);
  if (rows[0]?.outcome === 'known') return answerKnown(rows[0], event);
  // Somebody else published it meanwhile, and perhaps as the last of the month: both waited for its
  // commit, so it can be seen now.
  const first = await findAnswer(run, event);
  if (first) return first;
  if (rows[0]?.outcome === 'over_quota') throw overQuota();
  throw commonErrors.idempotency_in_progress(undefined, { retryAfterSeconds: 1 });
}

/**
 * The answer of the event that the idempotency key made before; undefined when it made none. With
 * other contents it throws `idempotency_key_reused` (409).
 */
export async function findAnswer(
  run: RunStatement,
  event: NewEvent,
): Promise<PublishedEvent | undefined> {
  const { tenantId, idempotencyKey } = event;
  if (!idempotencyKey) return undefined;
  const [first] = await run((sql) => findPublished(sql, tenantId, idempotencyKey));
  return first && answerKnown(first, event);
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
