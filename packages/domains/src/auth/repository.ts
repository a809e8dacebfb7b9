import { tenants } from '@trellis/db/schema/tenants';
import { memberships, users } from '@trellis/db/schema/users';
import type { TenantDb, Tx } from '@trellis/db/tenant-db';
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Person } from '../users/create-person.ts';

/** What logging in has to know of a person before anything was proved. */
export interface Login {
  id: string;
  passwordHash: string | null;
  isDisabled: boolean;
  hasSecondFactor: boolean;
}

/** Whose address it is, in one round trip. */
export async function findLogin(
  db: Pick<TenantDb, 'querySystem'>,
  email: string,
): Promise<Login | undefined> {
  const [login] = await db.querySystem<Login>(
    (sql) => sql`
      select id, password_hash as "passwordHash", disabled_at is not null as "isDisabled",
        exists (
          select from second_factors where user_id = users.id and enabled_at is not null
        ) as "hasSecondFactor"
      from users where lower(email) = ${email.toLowerCase()}`,
  );
  return login;
}

export async function findPerson(tx: Tx, id: string): Promise<Person | undefined> {
  const [person] = await tx.orm.select().from(users).where(eq(users.id, id));
  return person;
}

export async function updatePerson(
  tx: Tx,
  id: string,
  change: Partial<Pick<Person, 'name' | 'passwordHash' | 'emailVerifiedAt'>>,
): Promise<void> {
  await tx.orm.update(users).set(change).where(eq(users.id, id));
}

export interface TenantOfPerson {
  id: string;
  name: string;
  slug: string;
  status: 'active' | 'suspended';
}

/** The tenants that let a person in, the one joined first at the front. */
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
    .where(and(eq(memberships.userId, userId), isNull(memberships.disabledAt)))
    .orderBy(asc(memberships.createdAt), asc(memberships.id));
}
