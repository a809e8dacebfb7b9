import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { createKey } from './create-key.ts';

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

t.test('POST /api-keys', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { token } = account;
  const create = (body: unknown, credential?: string, headers?: Record<string, string>) =>
    api.request('POST', '/api-keys', { token: credential, body, ...(headers && { headers }) });

  await t.test('201: shows the key, which fits the documented pattern', async (t) => {
    const expiresAt = inMinutes(60);
    const { status, headers, body } = await create(
      { name: 'Import', permissions: ['users:read', 'roles:read'], expiresAt },
      token,
    );
    t.equal(status, 201);
    t.equal(headers.get('location'), `/api/v1/api-keys/${body.id}`);
    const { key, ...rest } = body;
    t.match(key, /^trl_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/);
    t.equal(rest.prefix, key.slice(0, 16));
    t.match(rest, {
      name: 'Import',
      permissions: ['roles:read', 'users:read'],
      expiresAt,
      lastUsedAt: null,
      createdBy: account.user.id,
    });
    const shown = await api.request('GET', `/api-keys/${body.id}`, { token });
    t.same(shown.body, rest, 'and never again');
  });

  await t.test('201: keeps a hash of the key, and audits what may be seen of it', async (t) => {
    const { key, ...rest } = await createKey(api, token, ['*:read']);
    const { db } = api.app.platform;
    const [row] = await db.asSystem((tx) => tx.sql`select * from api_keys where id = ${rest.id}`);
    const trail = await api.request('GET', `/audit-logs?resourceId=${rest.id}`, { token });
    t.match(trail.body.data, [
      { action: 'api_key.created', actorId: account.user.id, resourceType: 'api_key', after: rest },
    ]);
    for (const text of [JSON.stringify(row), JSON.stringify(trail.body)]) {
      t.notOk(text.includes(key.slice(17)), 'the secret part is nowhere');
    }
  });

  await t.test('201: repeats the answer for an idempotency key, and makes one', async (t) => {
    const headers = { 'idempotency-key': 'key-1' };
    const body = { name: 'Once', permissions: ['users:read'] };
    const [first, second] = [
      await create(body, token, headers),
      await create(body, token, headers),
    ];
    t.equal(first.status, 201);
    t.same(second.body, first.body);
  });

  await t.test('403: nobody gives a key what they do not hold', async (t) => {
    const writer = await addUser(api, account, ['api-keys:write', '*:read']);
    for (const permission of ['users:delete', 'api-keys:delete', '*']) {
      const { status, body } = await create(
        { name: 'More', permissions: ['users:read', permission] },
        writer.token,
      );
      t.equal(status, 403, permission);
      t.equal(body.code, 'permission_escalation');
      t.match(body.detail, `"${permission}"`);
    }
    const held = ['*:read', 'api-keys:write', 'users:read'];
    t.equal((await create({ name: 'Held', permissions: held }, writer.token)).status, 201);
  });

  await t.test(
    '403: neither does a key, and what it makes ends with it at the latest',
    async (t) => {
      const expiresAt = inMinutes(60);
      const permissions = ['api-keys:write', 'users:read'];
      const { id, key } = await createKey(api, token, permissions, { expiresAt });
      const fromKey = (more: object) => create({ name: 'Child', permissions, ...more }, key);
      for (const more of [{ permissions: ['users:delete'] }, {}, { expiresAt: inMinutes(61) }]) {
        const { status, body } = await fromKey(more);
        t.equal(status, 403, JSON.stringify(more));
        t.equal(body.code, 'permission_escalation');
      }
      const child = await fromKey({ expiresAt });
      t.equal(child.status, 201);
      t.equal(child.body.createdBy, id);
      const lasting = await createKey(api, token, permissions);
      t.equal((await create({ name: 'Child', permissions }, lasting.key)).status, 201);
    },
  );

  await t.test('201: shows and audits the limit that the key has of its own', async (t) => {
    const { id, key: _, ...shown } = await createKey(api, token, ['*:read'], { rateLimit: 7 });
    t.equal(shown.rateLimit, 7);
    const list = await api.request('GET', '/api-keys?limit=1', { token });
    t.match(list.body.data, [{ id, rateLimit: 7 }]);
    const trail = await api.request('GET', `/audit-logs?resourceId=${id}`, { token });
    t.match(trail.body.data, [{ action: 'api_key.created', after: { rateLimit: 7 } }]);
    t.equal((await createKey(api, token, ['*:read'])).rateLimit, null, 'or none');
  });

  await t.test('403: what a key makes may ask no more often than itself', async (t) => {
    const permissions = ['api-keys:write', 'users:read'];
    const { key } = await createKey(api, token, permissions, { rateLimit: 60 });
    const fromKey = (more: object) => create({ name: 'Child', permissions, ...more }, key);
    for (const more of [{}, { rateLimit: 61 }]) {
      const { status, body } = await fromKey(more);
      t.match({ status, code: body.code }, { status: 403, code: 'permission_escalation' });
      t.match(body.detail, '60 at most');
    }
    t.equal((await fromKey({ rateLimit: 60 })).status, 201);
  });

  await t.test('422: what only people can hold, whoever asks for it', async (t) => {
    for (const permission of ['tenant:own', 'admin']) {
      const { status, body } = await create({ name: 'Own', permissions: [permission] }, token);
      t.equal(status, 422);
      t.equal(body.code, 'permission_for_people');
    }
  });

  await t.test('422: a permission that no route asks for', async (t) => {
    const { status, body } = await create({ name: 'Odd', permissions: ['users:fly'] }, token);
    t.equal(status, 422);
    t.equal(body.code, 'unknown_permission');
  });

  await t.test('422: an end that is over, or beyond all calendars', async (t) => {
    for (const expiresAt of [inMinutes(-1), '9999-12-31T23:59:59-01:00']) {
      const { status, body } = await create(
        { name: 'Late', permissions: ['users:read'], expiresAt },
        token,
      );
      t.equal(status, 422, expiresAt);
      t.equal(body.code, 'expiry_not_ahead');
    }
  });

  await t.test('400: a body that is not valid', async (t) => {
    const good = { name: 'Good', permissions: ['users:read'] };
    const bad = [
      {},
      { ...good, name: ' ' },
      { ...good, name: 'x'.repeat(101) },
      { ...good, permissions: [] },
      { ...good, permissions: ['users:read', 'users:read'] },
      { ...good, expiresAt: 'tomorrow' },
      { ...good, expiresAt: null },
      { ...good, key: 'trl_mine' },
      ...[0, 1_000_001, 1.5, '60', null].map((rateLimit) => ({ ...good, rateLimit })),
    ];
    for (const body of bad) t.equal((await create(body, token)).body.code, 'validation_failed');
  });

  await t.test('403: without api-keys:write', async (t) => {
    const reader = await addUser(api, account, ['*:read']);
    const body = { name: 'Mine', permissions: ['users:read'] };
    t.equal((await create(body, reader.token)).body.code, 'forbidden');
  });

  await t.test('401: without a credential', async (t) => {
    t.equal((await create({ name: 'Mine', permissions: ['users:read'] })).status, 401);
  });
});

t.test('409: a tenant has API_KEYS_MAX keys at most, however many are made at once', async (t) => {
  const api = await startApi(t, { env: { API_KEYS_MAX: '3' } });
  const { token } = await signUp(api);
  const other = await signUp(api, 'Other');
  const create = () =>
    api.request('POST', '/api-keys', { token, body: { name: 'One', permissions: ['*'] } });
  const replies = await Promise.all(Array.from({ length: 10 }, create));
  const refused = replies.filter(({ status }) => status !== 201);
  t.equal(refused.length, 7);
  for (const { status, body } of refused) {
    t.equal(status, 409);
    t.equal(body.code, 'api_key_limit_reached');
    t.match(body.detail, '3 API keys');
  }
  await createKey(api, other.token, ['*']);
  const made = replies.find(({ status }) => status === 201)?.body;
  t.equal((await api.request('DELETE', `/api-keys/${made.id}`, { token })).status, 204);
  t.equal((await create()).status, 201, 'and another one when one was deleted');
});
