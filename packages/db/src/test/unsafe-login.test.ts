import { randomBytes } from 'node:crypto';
import { createDatabase } from '@trellis/db/client';
import { migrate } from '@trellis/db/migrate';
import { createTenantDb } from '@trellis/db/tenant-db';
import { createTestDatabase, type TestDatabase, testSetting } from '@trellis/test/database';
import postgres from 'postgres';
import t, { type Test } from 'tap';

const unsafe = { name: 'UnsafeLoginError', message: /^DATABASE_URL: [^\n]+$/ };

function connect(t: Test, url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  t.teardown(() => sql.end());
  return sql;
}

/** A login that is a member of a role that owns a table. */
async function addMember(t: Test, { ownerUrl, appUrl }: TestDatabase): Promise<string> {
  const sql = connect(t, ownerUrl);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await sql.unsafe(`
    create role ${name}_group;
    grant ${name}_group to current_user with set true;
    grant create on schema public to ${name}_group;
    create table theirs (id int);
    alter table theirs owner to ${name}_group;
    create role ${name} login password '${name}' in role ${name}_group`);
  t.teardown(() =>
    sql.unsafe(`drop owned by ${name}_group; drop role ${name}; drop role ${name}_group`),
  );
  return Object.assign(new URL(appUrl), { username: name, password: name }).href;
}

async function superuserUrl(t: Test, { ownerUrl, appUrl }: TestDatabase): Promise<string> {
  const [row] = await connect(t, ownerUrl)`select rolname from pg_roles where rolsuper`;
  return Object.assign(new URL(appUrl), { username: String(row?.rolname) }).href;
}

t.test('migrate refuses a login that row-level security does not bind', async (t) => {
  const database = await createTestDatabase(t);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = connect(t, testSetting('TEST_OWNER_URL'));
  await admin.unsafe(`create database ${name}`);
  t.teardown(() => admin.unsafe(`drop database ${name} with (force)`));
  const ownerUrl = Object.assign(new URL(database.ownerUrl), { pathname: `/${name}` }).href;
  for (const [what, appUrl] of Object.entries({
    'the owner': database.ownerUrl,
    'a member of an owner': await addMember(t, { ...database, ownerUrl }),
    'a superuser': await superuserUrl(t, database),
  })) {
    await t.rejects(migrate({ ownerUrl, appUrl, log: () => {} }), unsafe, what);
  }
  const made = await connect(t, ownerUrl)`
    select from pg_namespace where nspname in ('drizzle', 'bullmq')`;
  t.equal(made.length, 0, 'before anything is made');
});

t.test('a process with such a login serves nothing', async (t) => {
  const database = await createTestDatabase(t);
  for (const url of [database.ownerUrl, await addMember(t, database)]) {
    const opened = createDatabase({
      url,
      poolMax: 2,
      statementTimeoutMs: 5_000,
      applicationName: 'trellis-db-test',
    });
    const db = createTenantDb(opened);
    await t.rejects(
      db.querySystem((sql) => sql`select 1`),
      unsafe,
    );
    await t.rejects(
      db.asSystem((tx) => tx.sql`select 1`),
      unsafe,
    );
    await t.rejects(db.ping(), unsafe);
    await opened.close();
  }
});
