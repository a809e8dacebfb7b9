import { startApi } from '@trellis/test/api';
import { startProxy } from '@trellis/test/proxy';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { within } from '../../auth/test/within.ts';
import { newApiKey } from '../api-key.ts';
import { createKey } from './create-key.ts';

t.test('an API key as a credential', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { key, id } = await createKey(api, account.token, ['users:read', 'roles:write']);
  const get = (path: string, headers: Record<string, string>) =>
    api.request('GET', path, { headers });

  await t.test('200: as a bearer, as X-API-Key, or as both', async (t) => {
    const bearer = { authorization: `Bearer ${key}` };
    const header = { 'x-api-key': key };
    for (const headers of [bearer, header, { ...bearer, ...header }]) {
      const { status, body } = await get('/users', headers);
      t.equal(status, 200);
      t.match(body.data, [{ id: account.user.id }], 'in the tenant of the key');
    }
  });

  await t.test('401: two different credentials', async (t) => {
    const another = await createKey(api, account.token, ['users:read']);
    for (const authorization of [`Bearer ${account.token}`, `Bearer ${another.key}`]) {
      const { status, body } = await get('/users', { authorization, 'x-api-key': key });
      t.equal(status, 401);
      t.match(body, { code: 'unauthenticated', detail: 'Two different credentials were sent.' });
    }
  });

  await t.test('401: what is no key of ours, and an access token in the wrong place', async (t) => {
    const wrong = [
      newApiKey().key,
      `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
      key.slice(0, -1),
      `${key}A`,
      'trl_',
      'trl_x',
    ];
    for (const text of wrong) {
      const { status, body } = await get('/users', { authorization: `Bearer ${text}` });
      t.equal(status, 401, text.slice(0, 4));
      t.equal(body.code, 'unauthenticated');
    }
    t.equal((await get('/users', { 'x-api-key': account.token })).status, 401);
    t.equal((await get('/users', { 'x-api-key': '' })).status, 401);
    for (const authorization of [
      `Basic ${key}`,
      `Bearer ${key} garbage`,
      `Bearer ${key},${key}`,
      `Bearer${key}`,
      'Bearer',
      key,
    ]) {
      const { status, headers } = await get('/users', { authorization });
      t.equal(status, 401, authorization.replace(key, '<key>'));
      t.equal(headers.get('www-authenticate'), 'Bearer realm="trellis"');
      const beside = await get('/users', { authorization, 'x-api-key': key });
      t.equal(beside.status, 401, 'also beside a key that is right');
    }
    t.equal((await get('/users', { authorization: `bearer  ${key}` })).status, 200);
  });

  await t.test('403: what its permissions do not allow', async (t) => {
    const { status, body } = await get('/webhooks', { 'x-api-key': key });
    t.equal(status, 403);
    t.equal(body.code, 'forbidden');
  });

  await t.test('403: what is about a person and their session', async (t) => {
    for (const [method, path] of [
      ['GET', '/auth/me'],
      ['POST', '/auth/logout'],
    ] as const) {
      const { status, body } = await api.request(method, path, { token: key });
      t.equal(status, 403, path);
      t.equal(body.code, 'session_required');
    }
  });

  await t.test('the audit names the key, and a role it makes holds no more than it', async (t) => {
    const body = { name: 'Of the key', permissions: ['users:read'] };
    const made = await api.request('POST', '/roles', { token: key, body });
    t.equal(made.status, 201);
    const path = `/audit-logs?resourceId=${made.body.id}`;
    const trail = await api.request('GET', path, { token: account.token });
    t.match(trail.body.data, [{ action: 'role.created', actorType: 'api_key', actorId: id }]);
    const more = { name: 'More', permissions: ['users:delete'] };
    const refused = await api.request('POST', '/roles', { token: key, body: more });
    t.equal(refused.body.code, 'permission_escalation');
  });

  await t.test('200: routes that show more with a credential take a key too', async (t) => {
    t.equal((await get('//health', { 'x-api-key': key })).status, 200);
    t.equal((await get('//health', { 'x-api-key': newApiKey().key })).status, 401);
  });
});

t.test('401: a key that has expired', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const { id, key } = await createKey(api, token, ['users:read'], { expiresAt });
  await api.app.platform.db.asSystem(
    (tx) => tx.sql`update api_keys set expires_at = now() where id = ${id}`,
  );
  const { status, body } = await api.request('GET', '/users', { token: key });
  t.equal(status, 401);
  t.match(body, { code: 'unauthenticated', detail: 'The API key has expired.' });
});

t.test('403: the tenant is suspended, within a second in every process', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const { token, tenant } = await signUp(api);
  const { key } = await createKey(api, token, ['users:read']);
  const codes = (server: typeof api) =>
    server.request('GET', '/users', { token: key }).then(({ body }) => body.code);
  for (const server of [api, second]) t.equal(await codes(server), undefined);
  const { db, changes } = api.app.platform;
  await db.asSystem(async (tx) => {
    await tx.sql`update tenants set status = 'suspended' where id = ${tenant.id}`;
    await changes.announce(tx, 'auth.access-changed', tenant.id);
  });
  t.equal(await codes(api), 'tenant_suspended');
  t.ok(await within(1_000, async () => (await codes(second)) === 'tenant_suspended'));
});

t.test(
  'while Postgres is away a key that is known goes on, of others nobody can tell',
  async (t) => {
    const first = await startApi(t);
    const proxy = await startProxy(t, first.database.appUrl);
    const api = await startApi(t, { beside: first, env: { DATABASE_URL: proxy.url } });
    const { token } = await signUp(first);
    const known = await createKey(first, token, ['roles:read']);
    const unknown = await createKey(first, token, ['roles:read']);
    const use = (key: string) => api.request('GET', '/permissions', { token: key });
    t.equal((await use(known.key)).status, 200);
    proxy.cut();
    t.equal((await use(known.key)).status, 200);
    const refused = await use(unknown.key);
    t.equal(refused.status, 503);
    t.equal(refused.body.code, 'unavailable');
    proxy.restore();
    t.ok(await within(10_000, async () => (await use(unknown.key)).status === 200));
  },
);
