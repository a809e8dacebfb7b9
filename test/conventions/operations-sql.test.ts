import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { signUp } from '@trellis/test/sign-up';
import postgres from 'postgres';
import t, { type Test } from 'tap';

const operations = await readFile(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** The one piece of SQL in docs/operations.md that holds `text`. */
function sqlWith(text: string): string {
  const pieces = [...operations.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql ?? '');
  const [found, ...more] = pieces.filter((sql) => sql.includes(text));
  if (found === undefined || more.length > 0) throw new Error(`not one piece has "${text}"`);
  return found;
}

/** Runs it as an operator would, and answers how many rows it changed. */
async function run(t: Test, { database }: Api, text: string): Promise<number> {
  const sql = postgres(database.appUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => sql.end());
  const results = [];
  for (const statement of text.split(';')) results.push(await sql.unsafe(statement));
  const changes = results.filter(({ command }) => /^(UPDATE|DELETE)/.test(command));
  t.equal(changes.length, 1, 'it changes one table');
  return Number(changes[0]?.count);
}

t.test(
  'the SQL of docs/operations.md does what it says, as the login of DATABASE_URL',
  async (t) => {
    const api = await startApi(t);
    const { db } = api.app.platform;

    await t.test('lets in one account', async (t) => {
      const fail = (email: string) =>
        api.request('POST', '/auth/login', { body: { email, password: 'not the password' } });
      for (const email of ['Ada@example.com', 'bob@example.com']) await fail(email);
      const passwords = () =>
        db.asSystem((tx) => tx.sql`select 1 from login_throttles where key like 'password:%'`);
      t.equal((await passwords()).length, 2);
      t.equal(await run(t, api, sqlWith('DELETE FROM login_throttles')), 1);
      t.equal((await passwords()).length, 1);
    });

    await t.test('sends mail after all', async (t) => {
      for (const name of ['email.send', 'another.job']) {
        await db.asSystem(
          (tx) => tx.sql`
          insert into jobs (id, queue, name, payload, relayed_at, failed_at, error)
          values (${randomUUID()}, 'email', ${name}, '{}', now(), now(), 'refused')`,
        );
      }
      t.equal(await run(t, api, sqlWith('UPDATE jobs')), 1);
      const failed = await db.asSystem(
        (tx) => tx.sql`select name from jobs where failed_at is not null`,
      );
      t.same([...failed], [{ name: 'another.job' }]);
    });

    await t.test('takes a signing key out of use at once', async (t) => {
      const { token } = await signUp(api);
      const [row] = await db.asSystem((tx) => tx.sql`select id from signing_keys`);
      const text = sqlWith('DELETE FROM signing_keys').replace('<kid>', String(row?.id));
      t.equal(await run(t, api, text), 1);
      await eventually(async () => (await api.request('GET', '/tenant', { token })).status === 401);
    });
  },
);
