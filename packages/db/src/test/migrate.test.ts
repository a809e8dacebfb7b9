import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '@trellis/db/migrate';
import { testSetting } from '@trellis/test/database';
import postgres, { type Sql } from 'postgres';
import t, { type Test } from 'tap';

const folder = join(import.meta.dirname, '../../../../drizzle');
const migrations = readdirSync(folder).filter((name) => name.endsWith('.sql'));

/** A database with nothing in it. */
async function createEmpty(t: Test) {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const at = (setting: string, database: string) => {
    const url = new URL(testSetting(setting));
    url.pathname = `/${database}`;
    return url.href;
  };
  const admin = postgres(at('TEST_OWNER_URL', 'postgres'), { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  t.teardown(async () => {
    await admin.unsafe(`drop database if exists ${name} with (force)`);
    await admin.end();
  });
  const urls = { ownerUrl: at('TEST_OWNER_URL', name), appUrl: at('TEST_APP_URL', name) };
  const sql = postgres(urls.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => sql.end());
  return { urls, sql };
}

/** All that the migrations make: columns, indexes, policies and rights. */
async function describe(sql: Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) as line
      from information_schema.columns where table_schema = 'public'
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select concat_ws(' ', tablename, policyname, roles::text, qual, with_check)
      from pg_policies where schemaname = 'public'
    union all select concat_ws(' ', relname, relrowsecurity::text, relforcerowsecurity::text,
        relacl::text)
      from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`;
  return rows.map(({ line }) => line).sort();
}

async function applied(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: string }[]>`select count(*) from drizzle.__drizzle_migrations`;
  return Number(row?.count);
}

t.test('an empty database gets the whole schema; again changes nothing', async (t) => {
  const { urls, sql } = await createEmpty(t);
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await migrate({ ...urls, log });
  const schema = await describe(sql);
  t.equal(await applied(sql), migrations.length);
  t.ok(schema.some((line) => line.startsWith('webhooks url text')));
  await migrate({ ...urls, log });
  t.same(await describe(sql), schema);
  t.equal(await applied(sql), migrations.length);
  t.equal(lines.length, 2);
});

t.test('many at once apply each migration once', async (t) => {
  const { urls, sql } = await createEmpty(t);
  await Promise.all([1, 2, 3, 4].map(() => migrate({ ...urls, log: () => {} })));
  t.equal(await applied(sql), migrations.length);
  const locks = await sql`select from pg_locks where locktype = 'advisory' and database =
    (select oid from pg_database where datname = current_database())`;
  t.equal(locks.length, 0, 'and leave no lock behind');
});

t.test('the app can work with what was made', async (t) => {
  const { urls } = await createEmpty(t);
  await migrate({ ...urls, log: () => {} });
  const app = postgres(urls.appUrl, { max: 1 });
  t.teardown(() => app.end());
  t.same([...(await app`select * from webhooks`)], []);
  await t.rejects(app`create table mine (id int)`, { code: '42501' }, 'but not change it');
});

t.test('a database that cannot be reached is an error', async (t) => {
  const { urls } = await createEmpty(t);
  const ownerUrl = urls.ownerUrl.replace(/:\d+\//, ':1/');
  await t.rejects(migrate({ ...urls, ownerUrl, log: () => {} }), { code: 'ECONNREFUSED' });
});
