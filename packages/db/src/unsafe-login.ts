import type { Sql } from 'postgres';

/** The login of the API and the worker is one that row-level security does not bind. */
export class UnsafeLoginError extends Error {
  constructor(login: string) {
    super(
      `DATABASE_URL: row-level security does not bind the role "${login}", which is a superuser, bypasses it, owns the tables, or is a member of such a role. Name a role of its own there, and the owner in DATABASE_OWNER_URL.`,
    );
    this.name = 'UnsafeLoginError';
  }
}

/**
 * Refuses a login that could see the rows of every tenant: one that is, or can become, a superuser,
 * a role with BYPASSRLS or the owner of a table. `login` is checked by the owner of the database
 * before there are tables, so it must not be that one either; without it the role that asks is
 * checked. Throws UnsafeLoginError.
 */
export async function refuseUnsafeLogin(sql: Sql, login: string | null = null): Promise<void> {
  const [unsafe] = await sql<{ name: string }[]>`
    select login.rolname as name from pg_roles login
    join pg_roles held on pg_has_role(login.oid, held.oid, 'member')
    where login.rolname = coalesce(${login}::text, session_user)
      and (held.rolsuper or held.rolbypassrls
        or (${login}::text is not null and held.rolname = session_user)
        or held.oid in (
          select relowner from pg_class where relnamespace = 'public'::regnamespace))
    limit 1`;
  if (unsafe) throw new UnsafeLoginError(unsafe.name);
}
