import { createHash } from 'node:crypto';
import { commonErrors } from '@trellis/core/common-errors';
import { newId } from '@trellis/core/ids';
import type { PendingQuery, ReservedSql, TransactionSql } from 'postgres';
import { patternsOf } from './event-type.ts';

/** An event on its way into the outbox. */
export interface NewEvent {
  tenantId: string;
  type: string;
  /** The JSON text of `data`, sent on byte for byte. */
  data: string;
  idempotencyKey?: string | undefined;
}

export type UnkeyedEvent = Omit<NewEvent, 'idempotencyKey'>;

export interface PublishedEvent {
  id: string;
  type: string;
  /** How many subscriptions it goes to. */
  deliveries: number;
}

interface EventRow extends PublishedEvent {
  request_hash: string | null;
}

/** Runs one statement, in a transaction of its own or in one that is open. */
export type RunStatement = (
  statement: (sql: Pick<TransactionSql, never> & SqlTag) => PendingQuery<EventRow[]>,
) => Promise<EventRow[]>;
type SqlTag = ReservedSql | TransactionSql;

/**
 * Writes the event and its deliveries in one statement: they are there together or not at all.
 * The same idempotency key answers the event that it made before; with other contents it throws
 * `idempotency_key_reused` (409).
 */
export async function publishEvent(run: RunStatement, event: NewEvent): Promise<PublishedEvent> {
  const hash = event.idempotencyKey ? hashOf(event) : null;
  const [made] = await run((sql) => insertStatement(sql, event, hash));
  if (made) return answer(made);
  // A conflict waited for the first publish to commit, so now its row can be seen.
  const [first] = await run((sql) => findStatement(sql, event));
  if (!first) throw commonErrors.idempotency_in_progress(undefined, { retryAfterSeconds: 1 });
  if (first.request_hash !== hash) throw commonErrors.idempotency_key_reused();
  return answer(first);
}

/**
 * Publishes events of one tenant, without idempotency keys, in one statement; answers in their
 * order. Keys are left out because two such statements could each wait for a key of the other.
 */
export async function publishEvents(
  run: RunStatement,
  tenantId: string,
  events: readonly UnkeyedEvent[],
): Promise<PublishedEvent[]> {
  const ids = events.map(() => newId());
  const rows = await run((sql) => insertAllStatement(sql, tenantId, ids, events));
  const made = new Map(rows.map((row) => [row.id, answer(row)]));
  return ids.map((id) => {
    const published = made.get(id);
    if (!published) throw new Error(`event ${id} was not written`);
    return published;
  });
}

function answer({ id, type, deliveries }: EventRow): PublishedEvent {
  return { id, type, deliveries };
}

function hashOf({ type, data }: NewEvent): string {
  return createHash('sha256').update(`${type}\n${data}`).digest('base64url');
}

function insertStatement(sql: SqlTag, event: NewEvent, hash: string | null) {
  const id = newId();
  const payload = payloadOf(event);
  return sql<EventRow[]>`
    with matched as (
      select id from webhooks
      where tenant_id = ${event.tenantId} and is_active and events && ${patternsOf(event.type)}::text[]
    ), event as (
      insert into events (id, tenant_id, type, payload, idempotency_key, request_hash, deliveries)
      values (${id}, ${event.tenantId}, ${event.type}, ${payload}, ${event.idempotencyKey ?? null},
        ${hash}, (select count(*) from matched))
      on conflict (tenant_id, idempotency_key) where idempotency_key is not null do nothing
      returning id, type, deliveries, request_hash
    ), delivery as (
      insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type)
      select trellis_uuid(), ${event.tenantId}, matched.id, event.id, event.type
      from matched, event
    )
    select id, type, deliveries, request_hash from event`;
}

function insertAllStatement(
  sql: SqlTag,
  tenantId: string,
  ids: readonly string[],
  events: readonly UnkeyedEvent[],
) {
  const types = events.map((event) => event.type);
  // Arrays of arrays must be of one length; a type has no spaces.
  const patterns = types.map((type) => patternsOf(type).join(' '));
  return sql<EventRow[]>`
    with published as (
      select * from unnest(${ids}::uuid[], ${types}::text[], ${events.map(payloadOf)}::text[],
        ${patterns}::text[]) as t (id, type, payload, patterns)
    ), matched as (
      select published.id as event_id, w.id as webhook_id
      from published join webhooks w on w.tenant_id = ${tenantId} and w.is_active
        and w.events && string_to_array(published.patterns, ' ')
    ), event as (
      insert into events (id, tenant_id, type, payload, deliveries)
      select id, ${tenantId}, type, payload,
        (select count(*) from matched where matched.event_id = published.id)
      from published
      returning id, type, deliveries, request_hash
    ), delivery as (
      insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type)
      select trellis_uuid(), ${tenantId}, matched.webhook_id, event.id, event.type
      from event join matched on matched.event_id = event.id
    )
    select id, type, deliveries, request_hash from event`;
}

/** The body of the webhook (Standard Webhooks). */
function payloadOf({ type, data }: UnkeyedEvent): string {
  const timestamp = new Date().toISOString();
  return `{"type":${JSON.stringify(type)},"timestamp":"${timestamp}","data":${data}}`;
}

function findStatement(sql: SqlTag, { tenantId, idempotencyKey }: NewEvent) {
  return sql<EventRow[]>`
    select id, type, deliveries, request_hash from events
    where tenant_id = ${tenantId} and idempotency_key = ${idempotencyKey ?? null}`;
}
