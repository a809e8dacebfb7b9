import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { sessions } from '@trellis/db/schema/auth';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, gt, inArray, isNull, lt, ne } from 'drizzle-orm';

export type Session = typeof sessions.$inferSelect;

export async function insertSession(
  tx: Tx,
  session: typeof sessions.$inferInsert,
): Promise<Session> {
  const [row] = await tx.orm.insert(sessions).values(session).returning();
  return row as Session;
}

/** Locks the row, so that parallel refreshes of one session come one after another. */
export async function lockSession(tx: Tx, id: string): Promise<Session | undefined> {
  const [row] = await tx.orm.select().from(sessions).where(eq(sessions.id, id)).for('update');
  return row;
}

export async function rotateSession(
  tx: Tx,
  id: string,
  change: { generation: number; rotatedAt: Date; expiresAt: Date },
): Promise<void> {
  await tx.orm.update(sessions).set(change).where(eq(sessions.id, id));
}

export async function revokeSession(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.orm
    .update(sessions)
    .set({ revokedAt: at })
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt)));
}

/**
 * Of the live sessions of a person in a tenant the oldest, but for `except`, until `max` are left;
 * `limit` of them at most. Answers their ids.
 */
export async function revokeOldestSessions(
  tx: Tx,
  { tenantId, userId }: Pick<Session, 'tenantId' | 'userId'>,
  { max, except, limit }: { max: number; except: string; limit: number },
  at: Date,
): Promise<string[]> {
  const surplus = tx.orm
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.tenantId, tenantId),
        eq(sessions.userId, userId),
        ne(sessions.id, except),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, at),
      ),
    )
    .orderBy(desc(sessions.createdAt), desc(sessions.id))
    .offset(max - 1)
    .limit(limit);
  const ended = await tx.orm
    .update(sessions)
    .set({ revokedAt: at })
    .where(inArray(sessions.id, surplus))
    .returning({ id: sessions.id });
  return ended.map(({ id }) => id);
}

/** Those of a person in every tenant, but for `exceptId`; answers how many there were. */
export async function revokeSessionsOf(
  tx: Tx,
  userId: string,
  exceptId: string | undefined,
  at: Date,
): Promise<number> {
  const { count } = await tx.orm
    .update(sessions)
    .set({ revokedAt: at })
    .where(
      and(
        eq(sessions.userId, userId),
        isNull(sessions.revokedAt),
        exceptId === undefined ? undefined : ne(sessions.id, exceptId),
      ),
    );
  return count;
}

export interface SessionInTenant {
  id: string;
  session: Session;
  tenant: { id: string; name: string; slug: string };
}

/** Those of a person that have not ended, in all tenants; one more than the page, newest first. */
export function listSessionsOf(
  tx: Tx,
  userId: string,
  now: Date,
  { limit, cursor }: PageQuery,
): Promise<SessionInTenant[]> {
  return tx.orm
    .select({
      id: sessions.id,
      session: sessions,
      tenant: { id: tenants.id, name: tenants.name, slug: tenants.slug },
    })
    .from(sessions)
    .innerJoin(tenants, eq(tenants.id, sessions.tenantId))
    .where(
      and(
        eq(sessions.userId, userId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
        cursor === undefined ? undefined : lt(sessions.id, decodeCursor(cursor)),
      ),
    )
    .orderBy(desc(sessions.id))
    .limit(limit + 1);
}

/** Undefined when the person has no such session, or it has ended. */
export async function revokeSessionOf(
  tx: Tx,
  { id, userId }: Pick<Session, 'id' | 'userId'>,
  at: Date,
): Promise<Session | undefined> {
  const [ended] = await tx.orm
    .update(sessions)
    .set({ revokedAt: at })
    .where(
      and(
        eq(sessions.id, id),
        eq(sessions.userId, userId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, at),
      ),
    )
    .returning();
  return ended;
}
