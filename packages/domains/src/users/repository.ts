import { newId } from '@trellis/core/ids';
import { decodeCursor } from '@trellis/core/pagination';
import { sessions } from '@trellis/db/schema/auth';
import { membershipRoles, memberships, users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { authErrors } from '../auth/errors.ts';
import type { AssignableRole } from '../roles/assignable-roles.ts';
import type { NewPerson } from './create-person.ts';
import { userErrors } from './errors.ts';
import type { UsersQuery } from './schemas.ts';

/** A person as a member of one tenant; `id` is the membership's, which pages are ordered by. */
export interface Member {
  id: string;
  userId: string;
  email: string;
  name: string;
  roles: AssignableRole[];
  createdAt: Date;
}

// Every query names its tenant: one that creates a person runs outside of row-level security.

const memberColumns = {
  id: memberships.id,
  userId: memberships.userId,
  email: users.email,
  name: sql<string>`coalesce(${memberships.name}, ${users.name})`,
  createdAt: memberships.createdAt,
  roles: sql<AssignableRole[]>`coalesce((
    select json_agg(
      json_build_object('id', r.id, 'name', r.name, 'permissions', r.permissions) order by r.name)
    from membership_roles mr
    join roles r on r.tenant_id = mr.tenant_id and r.id = mr.role_id
    where mr.tenant_id = ${memberships.tenantId} and mr.membership_id = ${memberships.id}
  ), '[]')`,
};

/** One more than the page, who joined last first. */
export function listMembers(tx: Tx, tenantId: string, query: UsersQuery): Promise<Member[]> {
  const { limit, cursor, search } = query;
  return tx.orm
    .select(memberColumns)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(
      and(
        eq(memberships.tenantId, tenantId),
        cursor === undefined ? undefined : lt(memberships.id, decodeCursor(cursor)),
        search === undefined ? undefined : beginsWith(search),
      ),
    )
    .orderBy(desc(memberships.id))
    .limit(limit + 1);
}

function beginsWith(text: string): SQL | undefined {
  return or(
    sql`starts_with(lower(${users.email}), lower(${text}))`,
    sql`starts_with(lower(${memberColumns.name}), lower(${text}))`,
  );
}

export async function findMember(
  tx: Tx,
  tenantId: string,
  userId: string,
): Promise<Member | undefined> {
  const [member] = await tx.orm
    .select(memberColumns)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)));
  return member;
}

export function countMembers(tx: Tx, tenantId: string): Promise<number> {
  return tx.orm.$count(memberships, eq(memberships.tenantId, tenantId));
}

/**
 * The id of a person whom nobody else has: a new one, or one who is left without any tenant, and
 * then with the password that is given now. Whoever made a person may know the password, so one
 * who is elsewhere comes in by an invitation only. Throws `user_exists` and `email_taken` (409).
 * Needs a system transaction.
 */
export async function claimPerson(tx: Tx, tenantId: string, person: NewPerson): Promise<string> {
  const email = person.email.trim();
  const [made] = await tx.orm
    .insert(users)
    .values({ ...person, email })
    .onConflictDoNothing()
    .returning({ id: users.id });
  if (made) return made.id;
  const known = await lockPerson(tx, email);
  const tenants = await tx.orm
    .select({ id: memberships.tenantId })
    .from(memberships)
    .where(eq(memberships.userId, known.id));
  if (tenants.some(({ id }) => id === tenantId)) throw userErrors.user_exists();
  if (tenants.length > 0 || known.isPlatformAdmin) throw authErrors.email_taken();
  const { name, passwordHash } = person;
  await tx.orm.update(users).set({ name, passwordHash }).where(eq(users.id, known.id));
  return known.id;
}

/** Until the end of the transaction no other tenant can claim the person. */
async function lockPerson(tx: Tx, email: string) {
  const [known] = await tx.orm
    .select({ id: users.id, isPlatformAdmin: users.isPlatformAdmin })
    .from(users)
    .where(eq(sql`lower(${users.email})`, sql`lower(${email})`))
    .for('update');
  if (!known) throw new Error('the e-mail is taken by nobody');
  return known;
}

/** Locks the membership until the end of the transaction. */
export async function lockMember(tx: Tx, tenantId: string, userId: string): Promise<void> {
  await tx.orm
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)))
    .for('update');
}

/** Changes what this tenant calls the person, and what no other tenant sees. */
export async function renameMember(tx: Tx, membershipId: string, name: string): Promise<void> {
  await tx.orm.update(memberships).set({ name }).where(eq(memberships.id, membershipId));
}

export async function insertMember(
  tx: Tx,
  tenantId: string,
  person: { userId: string; name: string },
  roles: AssignableRole[],
): Promise<void> {
  const id = newId();
  await tx.orm.insert(memberships).values({ id, tenantId, ...person });
  await giveRoles(tx, tenantId, id, roles);
}

export async function replaceRoles(
  tx: Tx,
  tenantId: string,
  membershipId: string,
  roles: AssignableRole[],
): Promise<void> {
  await tx.orm
    .delete(membershipRoles)
    .where(
      and(eq(membershipRoles.tenantId, tenantId), eq(membershipRoles.membershipId, membershipId)),
    );
  await giveRoles(tx, tenantId, membershipId, roles);
}

async function giveRoles(
  tx: Tx,
  tenantId: string,
  membershipId: string,
  roles: AssignableRole[],
): Promise<void> {
  if (roles.length === 0) return;
  await tx.orm
    .insert(membershipRoles)
    .values(roles.map((role) => ({ tenantId, membershipId, roleId: role.id })));
}

/** Its roles go with it. */
export async function deleteMember(tx: Tx, tenantId: string, membershipId: string): Promise<void> {
  await tx.orm
    .delete(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.id, membershipId)));
}

/** Ends the sessions that a person has in this tenant; those in others go on. */
export async function endSessions(
  tx: Tx,
  tenantId: string,
  userId: string,
  at: Date,
): Promise<void> {
  await tx.orm
    .update(sessions)
    .set({ revokedAt: at })
    .where(
      and(eq(sessions.tenantId, tenantId), eq(sessions.userId, userId), isNull(sessions.revokedAt)),
    );
}
