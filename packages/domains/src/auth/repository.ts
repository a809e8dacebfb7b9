import { platformPermission } from '@trellis/core/permissions';
import { sessions } from '@trellis/db/schema/auth';
import { tenants } from '@trellis/db/schema/tenants';
import { membershipRoles, memberships, roles, users } from '@trellis/db/schema/users';
import type { TenantDb, Tx } from '@trellis/db/tenant-db';
import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';

export type Session = typeof sessions.$inferSelect;
export type Person = typeof users.$inferSelect;

/** What one session may do. */
export interface Grant {
  userId: string;
  tenantId: string;
  tenantStatus: 'active' | 'suspended';
  permissions: ReadonlySet<string>;
}

/** Undefined when the session has ended, or its person or membership is gone. */
export async function loadGrant(
  db: Pick<TenantDb, 'asSystem'>,
  sessionId: string,
): Promise<Grant | undefined> {
  const rows = await db.asSystem((tx) =>
    tx.orm
      .select({
        userId: sessions.userId,
        tenantId: sessions.tenantId,
        tenantStatus: tenants.status,
        isPlatformAdmin: users.isPlatformAdmin,
        permissions: roles.permissions,
      })
      .from(sessions)
      .innerJoin(users, and(eq(users.id, sessions.userId), isNull(users.disabledAt)))
      .innerJoin(tenants, eq(tenants.id, sessions.tenantId))
      .innerJoin(
        memberships,
        and(eq(memberships.userId, users.id), eq(memberships.tenantId, tenants.id)),
      )
      .leftJoin(membershipRoles, eq(membershipRoles.membershipId, memberships.id))
      .leftJoin(roles, eq(roles.id, membershipRoles.roleId))
      .where(
        and(
          eq(sessions.id, sessionId),
          isNull(sessions.revokedAt),
          gt(sessions.expiresAt, sql`now()`),
        ),
      ),
  );
  const [first] = rows;
  if (!first) return undefined;
  const permissions = new Set(rows.flatMap((row) => row.permissions ?? []));
  if (first.isPlatformAdmin) permissions.add(platformPermission);
  return { ...first, permissions };
}

export async function findPersonByEmail(tx: Tx, email: string): Promise<Person | undefined> {
  const [person] = await tx.orm
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, email.toLowerCase()));
  return person;
}

export async function findPerson(tx: Tx, id: string): Promise<Person | undefined> {
  const [person] = await tx.orm.select().from(users).where(eq(users.id, id));
  return person;
}

export interface TenantOfPerson {
  id: string;
  name: string;
  slug: string;
  status: 'active' | 'suspended';
}

/** The tenants that a person is in, the one joined first at the front. */
export function listTenantsOf(tx: Tx, userId: string): Promise<TenantOfPerson[]> {
  return tx.orm
    .select({
      id: tenants.id,
      name: tenants.name,
      slug: tenants.slug,
      status: tenants.status,
    })
    .from(memberships)
    .innerJoin(tenants, eq(tenants.id, memberships.tenantId))
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.createdAt), asc(memberships.id));
}

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
