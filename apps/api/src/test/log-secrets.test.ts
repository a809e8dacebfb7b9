import type { AddressInfo } from 'node:net';
import { newId } from '@trellis/core/ids';
import { type Api, send, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import { apiSettingsOf, type TestEnv } from '@trellis/test/settings';
import { password, signUp } from '@trellis/test/sign-up';
import postgres, { type Sql } from 'postgres';
import t, { type Test } from 'tap';
import { buildApp } from '../app.ts';

/** 32 bytes in base64url: the seed of a session, and the hash of a token. */
const seedOrHash = /(?<![\w-])[\w-]{43}(?![\w-])/;

/** Another API on the same database, and every line that it logs. */
async function startLogged(t: Test, api: Api, env: TestEnv) {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  const settings = apiSettingsOf({ ...api.env, ...env });
  const app = await buildApp(settings, { logger: { level: 'trace', stream } });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const request = (path: string, body?: object) =>
    send(url, body ? 'POST' : 'GET', path, body && { body });
  return { url, request, lines, text: () => lines.join('') };
}

type Logged = Awaited<ReturnType<typeof startLogged>>;

/** Registers and logs in; each fails with this status, and says why in the log, but not of whom. */
async function expectQuiet(t: Test, { request, lines, text }: Logged, cases: Case[]) {
  for (const { name, path, body, status, why } of cases) {
    lines.length = 0;
    t.equal((await request(path, body)).status, status, `${name}: the answer`);
    await eventually(() => lines.some((line) => line.includes('"msg":"Request"')));
    t.match(text(), why, `${name}: the log says why`);
    t.match(text(), /"stack":".*\\n {4}at /, `${name}: and where`);
    t.notMatch(text(), /argon2id|params: /, `${name}: without parameters`);
    t.notOk(text().includes(String(body.email)), `${name}: without the e-mail`);
    t.notOk(text().includes(password), `${name}: without the password`);
    t.notMatch(text().replaceAll(/_hash=\w+/g, ''), seedOrHash, `${name}: without a seed`);
  }
}

interface Case {
  name: string;
  path: string;
  body: Record<string, string>;
  status: number;
  why: RegExp;
}

const newPerson = () => ({
  tenantName: 'Logged',
  name: 'Logged',
  email: `logged-${newId()}@example.com`,
  password,
});

t.test('what fails in the database is logged without what it was given', async (t) => {
  const api = await startApi(t);
  const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  const { user } = await signUp(api);
  const register = { name: 'register', path: '/auth/register' };
  const login = { name: 'login', path: '/auth/login', body: { email: user.email, password } };

  await t.test('500: an error of the server, and a row that breaks a rule', async (t) => {
    const logged = await startLogged(t, api, {});
    await owner.unsafe(`
      create function boom() returns trigger language plpgsql
        as $$ begin raise exception 'boom'; end $$;
      create trigger boom before insert on sessions for each row execute function boom()`);
    await expectQuiet(t, logged, [
      { ...register, body: newPerson(), status: 500, why: /boom \(P0001\)/ },
      { ...login, status: 500, why: /boom \(P0001\)/ },
    ]);
    await owner.unsafe(`
      drop trigger boom on sessions;
      alter table users add constraint no_more check (false) not valid;
      alter table sessions add constraint no_more check (false) not valid`);
    await expectQuiet(t, logged, [
      { ...register, body: newPerson(), status: 500, why: /"constraint":"no_more"/ },
      { ...login, status: 500, why: /"constraint":"no_more"/ },
    ]);
    await owner.unsafe(`
      alter table users drop constraint no_more;
      alter table sessions drop constraint no_more`);
  });

  await t.test('503: a statement that takes too long', async (t) => {
    const logged = await startLogged(t, api, { DATABASE_STATEMENT_TIMEOUT_MS: '800' });
    await whileLocked(owner, () =>
      expectQuiet(t, logged, [
        { ...register, body: newPerson(), status: 503, why: /\(57014\)/ },
        { ...login, status: 503, why: /\(57014\)/ },
      ]),
    );
  });

  await t.test('503: a connection that is lost on the way', async (t) => {
    const proxy = await startProxy(t, api.database.appUrl);
    const logged = await startLogged(t, api, { DATABASE_URL: proxy.url });
    for (const one of [{ ...register, body: newPerson() }, login]) {
      await whileLocked(owner, async () => {
        const expected = expectQuiet(t, logged, [{ ...one, status: 503, why: /CONNECTION_/ }]);
        await eventually(() => isAnyoneWaiting(api));
        proxy.drop();
        await expected;
      });
    }
  });
});

t.test('a URL is logged without its query, which may be what signs it', async (t) => {
  const api = await startApi(t);
  const logged = await startLogged(t, api, {});
  const signature = 'signature=very-secret';
  for (const path of [
    `/files/${newId()}/content?expires=1&${signature}`,
    `/nothing-here?${signature}`,
    `/%E0%A4%A?${signature}`,
  ]) {
    const { status } = await logged.request(path);
    t.ok(status >= 400 && status < 500, `${path} answers ${status}`);
  }
  await eventually(() => logged.lines.length >= 3);
  t.notMatch(logged.text(), 'very-secret');
});

t.test('an upload is logged without the credential that it came with', async (t) => {
  const api = await startApi(t);
  const logged = await startLogged(t, api, {});
  const { token } = await signUp(api);
  const form = new FormData();
  form.set('file', new Blob(['content']), 'a.txt');
  const { status } = await fetch(`${logged.url}/api/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  });
  t.equal(status, 201);
  await eventually(() => logged.lines.some((line) => line.includes('"msg":"Request"')));
  t.notOk(logged.text().includes(token));
});

/** Inserts of people and sessions wait until the work is done. */
async function whileLocked(owner: Sql, work: () => Promise<void>): Promise<void> {
  await owner.begin(async (tx) => {
    await tx`lock table users, sessions in share row exclusive mode`;
    await work();
  });
}

async function isAnyoneWaiting(api: Api): Promise<boolean> {
  const rows = await api.app.platform.db.querySystem(
    (sql) => sql`
      select 1 from pg_locks where not granted
        and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows.length > 0;
}
