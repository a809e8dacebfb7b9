import { fileURLToPath } from 'node:url';
import { queueNames } from '@trellis/core/queue-names';
import { runMigrations } from 'bullmq';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { Client } from 'pg';
import postgres, { type Sql } from 'postgres';
import { refuseUnsafeLogin } from './unsafe-login.ts';

export interface MigrateOptions {
  /** The role that owns the schema. */
  ownerUrl: string;
  /** The role of the API and the worker; made when the server does not have it. */
  appUrl: string;
  log: (line: string) => void;
}

/** Any number: it only has to be the same for every migration of this database. */
const lockId = 7_235_471_164;
const folder = fileURLToPath(new URL('../../../drizzle', import.meta.url));

/**
 * Brings a database to the newest schema. Safe to run from many processes at once: one works, the
 * others wait for an advisory lock and then find nothing to do. Throws UnsafeLoginError, having
 * changed nothing, when row-level security would not bind the role of `appUrl`.
 */
export async function migrate({ ownerUrl, appUrl, log }: MigrateOptions): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  try {
    const app = new URL(appUrl);
    await refuseUnsafeLogin(sql, decodeURIComponent(app.username));
    await sql`select pg_advisory_lock(${lockId})`;
    await ensureRoles(sql, app);
    await applyMigrations(drizzle(sql), { migrationsFolder: folder });
    await forceRowSecurity(sql);
    await migrateQueue(ownerUrl);
    await grantQueue(sql);
    log('The database schema is up to date.');
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Roles belong to the whole server, so another installation may have made them already. */
async function ensureRoles(sql: Sql, app: URL): Promise<void> {
  for (const role of ['trellis_app', 'trellis_system']) {
    await ensureRole(sql, role, 'nologin');
  }
  const login = decodeURIComponent(app.username);
  const password = decodeURIComponent(app.password);
  const quoted = await quoteLiteral(sql, password);
  await ensureRole(sql, login, `login password ${quoted}`);
  await grantRoles(sql, login);
}

async function ensureRole(sql: Sql, name: string, attributes: string): Promise<void> {
  const known = await sql`select from pg_roles where rolname = ${name}`;
  if (known.length > 0) return;
  try {
    await sql.unsafe(`create role ${quoteName(name)} ${attributes}`);
  } catch (error) {
    // Another database of this server is being migrated at the same moment.
    if (!['42710', '23505'].includes(String((error as { code?: string }).code))) throw error;
  }
}

/** It inherits the tenant-scoped role; the system role it must take on by name. */
async function grantRoles(sql: Sql, login: string): Promise<void> {
  const member = await sql`
    select from pg_auth_members m
    join pg_roles parent on parent.oid = m.roleid
    join pg_roles child on child.oid = m.member
    where child.rolname = ${login} and parent.rolname = 'trellis_system' and not m.inherit_option`;
  if (member.length > 0) return;
  const name = quoteName(login);
  await sql.unsafe(`grant trellis_app to ${name} with inherit true, set false`);
  await sql.unsafe(`grant trellis_system to ${name} with inherit false, set true`);
}

/** drizzle writes ENABLE; FORCE makes the policies hold for the owner of the tables too. */
async function forceRowSecurity(sql: Sql): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and c.relrowsecurity and not c.relforcerowsecurity`;
  for (const { name } of tables) await sql.unsafe(`alter table ${name} force row level security`);
}

/** BullMQ's own tables, for the times when there is no Redis. */
async function migrateQueue(ownerUrl: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await runMigrations(client);
    // BullMQ makes these at the first job of a queue, for which the app's role has no right.
    for (const queue of queueNames) {
      await client.query(`do $$ begin
        execute format('create sequence if not exists bullmq.%I', bullmq.job_id_seq_name('${queue}'));
      end $$`);
    }
  } finally {
    await client.end();
  }
}

async function grantQueue(sql: Sql): Promise<void> {
  await sql.unsafe(`
    grant usage on schema bullmq to trellis_app, trellis_system;
    grant select, insert, update, delete on all tables in schema bullmq to trellis_app, trellis_system;
    grant usage, select, update on all sequences in schema bullmq to trellis_app, trellis_system;
    grant execute on all functions in schema bullmq to trellis_app, trellis_system;`);
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function quoteLiteral(sql: Sql, text: string): Promise<string> {
  const [row] = await sql<{ quoted: string }[]>`select quote_literal(${text}) as quoted`;
  return row?.quoted ?? "''";
}
