import { decodeCursor } from '@trellis/core/pagination';
import { parseMoment } from '@trellis/core/parse-moment';
import { firstIdOf } from '@trellis/db/id-range';
import { auditLogs } from '@trellis/db/schema/audit';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, gte, lt, type SQL } from 'drizzle-orm';
import type { AuditQuery } from './schemas.ts';

export type AuditRow = typeof auditLogs.$inferSelect;

/** One more than the page, the newest first. */
export function listAuditRows(tx: Tx, tenantId: string, query: AuditQuery): Promise<AuditRow[]> {
  return tx.orm
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.tenantId, tenantId), ...filtersOf(query)))
    .orderBy(desc(auditLogs.id))
    .limit(query.limit + 1);
}

function filtersOf(query: AuditQuery): SQL[] {
  const { cursor, actorId, action, resourceType, resourceId, from, to } = query;
  return [
    cursor !== undefined && lt(auditLogs.id, decodeCursor(cursor)),
    actorId !== undefined && eq(auditLogs.actorId, actorId),
    action !== undefined && eq(auditLogs.action, action),
    resourceType !== undefined && eq(auditLogs.resourceType, resourceType),
    resourceId !== undefined && eq(auditLogs.resourceId, resourceId),
    // An id begins with the time of its entry: only the months in between are looked at.
    from !== undefined && gte(auditLogs.id, firstIdAt(parseMoment('from', from))),
    to !== undefined && lt(auditLogs.id, firstIdAt(parseMoment('to', to))),
  ].filter((filter) => filter !== false);
}

function firstIdAt(moment: Date): string {
  return firstIdOf(Math.max(0, moment.getTime()));
}

export async function findAuditRow(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<AuditRow | undefined> {
  const [row] = await tx.orm
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.tenantId, tenantId), eq(auditLogs.id, id)));
  return row;
}
