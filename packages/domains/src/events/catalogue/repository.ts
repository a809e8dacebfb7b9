import { laterThan } from '@trellis/db/columns';
import { eventTypes } from '@trellis/db/schema/events';
import type { Tx } from '@trellis/db/tenant-db';
import { and, count, eq, notInArray, sql } from 'drizzle-orm';

export type EventTypeRow = typeof eventTypes.$inferSelect;
type EventTypeChange = Pick<EventTypeRow, 'description' | 'schema'>;

interface NamePage {
  limit: number;
  /** The last name of the page before. */
  after: string | undefined;
  /** Names of the platform: a release may have taken one that a tenant had before. */
  except: string[];
}

/** One more than the page, by name; in the order of the bytes, as the platform's are sorted. */
export function listEventTypes(
  tx: Tx,
  tenantId: string,
  { limit, after, except }: NamePage,
): Promise<EventTypeRow[]> {
  return tx.orm
    .select()
    .from(eventTypes)
    .where(
      and(
        eq(eventTypes.tenantId, tenantId),
        after === undefined ? undefined : sql`${eventTypes.name} collate "C" > ${after}`,
        notInArray(eventTypes.name, except),
      ),
    )
    .orderBy(sql`${eventTypes.name} collate "C"`)
    .limit(limit + 1);
}

export async function findEventType(
  tx: Tx,
  tenantId: string,
  name: string,
): Promise<EventTypeRow | undefined> {
  const [row] = await tx.orm.select().from(eventTypes).where(named(tenantId, name));
  return row;
}

/** For the rest of the transaction nobody else changes it. */
export async function lockEventType(
  tx: Tx,
  tenantId: string,
  name: string,
): Promise<EventTypeRow | undefined> {
  const [row] = await tx.orm.select().from(eventTypes).where(named(tenantId, name)).for('update');
  return row;
}

/** Of all types that the tenant has declared; under a lock of the tenant until the transaction ends. */
export async function lockAndCount(tx: Tx, tenantId: string): Promise<number> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`event-types/${tenantId}`}, 0))`;
  const [row] = await tx.orm
    .select({ types: count() })
    .from(eventTypes)
    .where(eq(eventTypes.tenantId, tenantId));
  return row?.types ?? 0;
}

export async function insertEventType(
  tx: Tx,
  values: Pick<EventTypeRow, 'tenantId' | 'name'> & EventTypeChange,
): Promise<EventTypeRow> {
  const [made] = await tx.orm.insert(eventTypes).values(values).returning();
  return made as EventTypeRow;
}

export async function updateEventType(
  tx: Tx,
  { id }: EventTypeRow,
  change: EventTypeChange,
): Promise<EventTypeRow> {
  const [changed] = await tx.orm
    .update(eventTypes)
    // Always later than before, because the version that clients compare is made from it.
    .set({ ...change, updatedAt: laterThan(eventTypes.updatedAt) })
    .where(eq(eventTypes.id, id))
    .returning();
  return changed as EventTypeRow;
}

export async function deleteEventType(tx: Tx, { id }: EventTypeRow): Promise<void> {
  await tx.orm.delete(eventTypes).where(eq(eventTypes.id, id));
}

function named(tenantId: string, name: string) {
  return and(eq(eventTypes.tenantId, tenantId), eq(eventTypes.name, name));
}
