import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { newApiKey } from '../api-key.ts';
import { createKeyAuthenticator } from '../authenticate-key.ts';
import { createKey } from './create-key.ts';

/** An authenticator beside that of the API, and how many statements it has sent. */
function counting(t: Test, { app }: Api, writeEveryMs = 3_600_000) {
  const { platform } = app;
  let statements = 0;
  const querySystem: typeof platform.db.querySystem = (query) => {
    statements++;
    return platform.db.querySystem(query);
  };
  const db = { ...platform.db, querySystem };
  const keys = createKeyAuthenticator({ ...platform, db }, { writeEveryMs });
  t.teardown(() => keys.close());
  return { keys, statements: () => statements };
}

t.test('keys in memory', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const { key } = await createKey(api, token, ['users:read']);

  await t.test('a key is read once, also by many requests at once', async (t) => {
    const { keys, statements } = counting(t, api);
    await Promise.all(Array.from({ length: 50 }, () => keys.authorize(key)));
    for (let count = 0; count < 50; count++) await keys.authorize(key);
    t.equal(statements(), 1);
  });

  await t.test('a key that is not there is looked for once', async (t) => {
    const { keys, statements } = counting(t, api);
    const unknown = newApiKey().key;
    for (let count = 0; count < 20; count++) {
      await t.rejects(keys.authorize(unknown), { code: 'unauthenticated' });
    }
    t.equal(statements(), 1);
  });

  await t.test('many made-up keys at once share the statements', async (t) => {
    const { keys, statements } = counting(t, api);
    const made = Array.from({ length: 900 }, () => newApiKey().key);
    const results = await Promise.allSettled([...made, key].map((one) => keys.authorize(one)));
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    t.ok(statements() <= 3, `${statements()} statements`);
  });

  await t.test('a key that is known ends at its time', async (t) => {
    const endsMs = Date.now() + 3_600_000;
    const expiresAt = new Date(endsMs).toISOString();
    const ending = await createKey(api, token, ['users:read'], { expiresAt });
    let nowMs = endsMs - 1;
    const clock = { now: () => new Date(nowMs) };
    const keys = createKeyAuthenticator({ ...api.app.platform, clock });
    t.teardown(() => keys.close());
    t.equal((await keys.authorize(ending.key)).id, ending.id);
    nowMs = endsMs;
    await t.rejects(keys.authorize(ending.key), {
      code: 'unauthenticated',
      message: 'The API key has expired.',
    });
  });

  await t.test('what cannot be a key is not looked for', async (t) => {
    const { keys, statements } = counting(t, api);
    for (const text of ['', 'trl_', `${key}A`, key.toUpperCase(), ` ${key}`]) {
      await t.rejects(keys.authorize(text), { code: 'unauthenticated' });
    }
    t.equal(statements(), 0);
  });
});

t.test('when a key was used last', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const made = await createKey(api, token, ['users:read']);
  const lastUsed = async (id: string): Promise<string | null> =>
    (await api.request('GET', `/api-keys/${id}`, { token })).body.lastUsedAt;

  await t.test('is written now and then, one statement for all keys', async (t) => {
    const others = await Promise.all(
      Array.from({ length: 5 }, () => createKey(api, token, ['users:read'])),
    );
    const { keys, statements } = counting(t, api, 100);
    const all = [made, ...others];
    const useAll = () => Promise.all(all.map(({ key }) => keys.authorize(key)));
    const writtenSince = async (sinceMs: number) => {
      const times = await Promise.all(all.map(async ({ id }) => await lastUsed(id)));
      return times.every((time) => Date.parse(time ?? '') >= sinceMs);
    };
    const firstMs = Date.now();
    await useAll();
    await eventually(() => writtenSince(firstMs));
    const before = statements();
    // All are known by now, so that they are noted at one moment.
    const againMs = Date.now();
    await useAll();
    await eventually(() => writtenSince(againMs));
    t.equal(statements() - before, 1);
  });

  await t.test('is written when the process stops', async (t) => {
    const other = await startApi(t, { beside: api });
    const { id, key } = await createKey(api, token, ['users:read']);
    t.equal((await other.request('GET', '/users', { token: key })).status, 200);
    t.equal(await lastUsed(id), null, 'not on each request');
    await other.app.close();
    t.ok(await lastUsed(id));
  });

  await t.test('waits while Postgres is away, and never goes back', async (t) => {
    const { platform } = api.app;
    let isAway = true;
    const warnings: object[] = [];
    const keys = createKeyAuthenticator(
      {
        ...platform,
        db: {
          ...platform.db,
          querySystem: async (query) => {
            if (isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
            return platform.db.querySystem(query);
          },
        },
        log: { ...platform.log, warn: (details) => warnings.push(details) },
      },
      { writeEveryMs: 50 },
    );
    t.teardown(() => keys.close());
    const { id, key } = await createKey(api, token, ['users:read']);
    isAway = false;
    await keys.authorize(key);
    isAway = true;
    await eventually(() => warnings.length > 0);
    t.equal(await lastUsed(id), null);
    isAway = false;
    await eventually(() => lastUsed(id));
    const later = new Date(Date.now() + 60_000).toISOString();
    await platform.db.asSystem(
      (tx) => tx.sql`update api_keys set last_used_at = ${later} where id = ${id}`,
    );
    await keys.authorize(key);
    await keys.close();
    t.equal(await lastUsed(id), later, 'what another process knew');
  });
});
