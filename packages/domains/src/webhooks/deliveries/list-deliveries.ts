import { commonErrors } from '@trellis/core/common-errors';
import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { parseMoment } from '@trellis/core/parse-moment';
import { firstIdOf } from '@trellis/db/id-range';
import { webhookDeliveries } from '@trellis/db/schema/webhooks';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import { type PgColumn, unionAll } from 'drizzle-orm/pg-core';
import type { DeliveriesQuery } from '../delivery-schemas.ts';
import type { Delivery } from './repository.ts';

const { id, webhookId, eventId, eventType, status } = webhookDeliveries;

/** The newest first: one row more than a page has, which tells whether there is another page. */
export function listDeliveries(
  tx: Tx,
  ofWebhook: string,
  query: DeliveriesQuery,
): Promise<Delivery[]> {
  const span = spanOf(query);
  const { status: state, event } = query;
  if (query.eventId) {
    const own = and(eq(webhookId, ofWebhook), eq(eventId, query.eventId));
    const wanted = [state && eq(status, state), event ? eq(eventType, event) : undefined];
    const rules = and(own, ...wanted, gte(id, span.from), lt(id, span.to));
    return readPage(tx, rules, [desc(id)], query);
  }
  const along = (...leading: Leading[]) => {
    const { within, order } = alongIndex([[webhookId, ofWebhook], ...leading], span);
    return readPage(tx, within, order, query);
  };
  if (!event) return state ? along([status, state]) : along();
  return state
    ? along([eventType, event], [status, state])
    : readOfAllStates(
        tx,
        (one) =>
          alongIndex(
            [
              [webhookId, ofWebhook],
              [eventType, event],
              [status, one],
            ],
            span,
          ),
        query,
      );
}

/** Of all subscriptions; as above. */
export function listEventDeliveries(tx: Tx, ofEvent: string, page: PageQuery): Promise<Delivery[]> {
  const behindCursor = page.cursor ? lt(id, decodeCursor(page.cursor)) : undefined;
  return readPage(tx, and(eq(eventId, ofEvent), behindCursor), [desc(id)], page);
}

function readPage(
  tx: Tx,
  rules: SQL | undefined,
  order: SQL[],
  { limit }: PageQuery,
): Promise<Delivery[]> {
  return tx.orm
    .select()
    .from(webhookDeliveries)
    .where(rules)
    .orderBy(...order)
    .limit(limit + 1);
}

/**
 * The index of event types goes on with the status: a page of each status is read along it, and the
 * newest of all of them are kept.
 */
function readOfAllStates(
  tx: Tx,
  along: (state: Delivery['status']) => { within: SQL; order: SQL[] },
  { limit }: PageQuery,
): Promise<Delivery[]> {
  const pageOf = (state: Delivery['status']) => {
    const { within, order } = along(state);
    return tx.orm
      .select()
      .from(webhookDeliveries)
      .where(within)
      .orderBy(...order)
      .limit(limit + 1);
  };
  const [first, second, ...others] = status.enumValues;
  return unionAll(pageOf(first), pageOf(second), ...others.map(pageOf))
    .orderBy(desc(id))
    .limit(limit + 1);
}

type Leading = [column: PgColumn, value: string];

/** From an id on, up to another that is not part of it. */
interface Span {
  from: string;
  to: string;
}

/**
 * The rows of a span that one index has side by side, in its order. As rows, because Postgres drops
 * a column that is compared with `=` from the order, and then may walk the primary key through the
 * newer deliveries of all others.
 */
function alongIndex(leading: Leading[], { from, to }: Span): { within: SQL; order: SQL[] } {
  const columns = [...leading.map(([column]) => column), id];
  const values = leading.map(([, value]) => sql`${value}`);
  const rowOf = (parts: (SQL | PgColumn)[]) => sql`(${sql.join(parts, sql`, `)})`;
  const key = rowOf(columns);
  const [first, end] = [from, to].map((last) => rowOf([...values, sql`${last}`]));
  return { within: sql`${key} >= ${first} and ${key} < ${end}`, order: columns.map(desc) };
}

/**
 * An id begins with the time of its delivery. Throws `validation_failed` (400) for a time that
 * ends before it begins.
 */
function spanOf({ since, until, cursor }: DeliveriesQuery): Span {
  const from = since === undefined ? firstIdOf(0) : firstIdAt('since', since);
  const end = until === undefined ? behindAll : firstIdAt('until', until);
  if (from > end) {
    const [path, message] = ['querystring/until', 'must not be before since'];
    throw commonErrors.validation_failed(`${path} ${message}`, { errors: [{ path, message }] });
  }
  if (cursor === undefined) return { from, to: end };
  const seen = decodeCursor(cursor);
  return seen < end ? { from, to: seen } : { from, to: end };
}

const behindAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

function firstIdAt(name: string, text: string): string {
  return firstIdOf(Math.max(0, parseMoment(name, text).getTime()));
}
