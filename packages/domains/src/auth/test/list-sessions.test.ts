import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { logIn } from '../../users/test/add-user.ts';
import { claimsOf } from './claims-of.ts';
import { keyOf } from './key-of.ts';

t.test('GET /auth/sessions', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'Home');
  const other = await signUp(api, 'Other');
  await joinTenant(api, other, account.user.id);
  const { email } = account.user;
  const list = (token?: string, query = '') =>
    api.request('GET', `/auth/sessions${query}`, { token });
  const idsOf = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);
  const away = await logIn(api, email, other.tenant.id);
  const second = await logIn(api, email, account.tenant.id);
  const sessions = [second, away, account].map(({ token }) => claimsOf(token).sid);

  await t.test('200: those of the person in all tenants, newest first', async (t) => {
    const { status, body } = await list(account.token);
    t.equal(status, 200);
    t.same(idsOf(body), sessions);
    const iso = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
    t.match(body.data, [
      { tenant: account.tenant, isCurrent: false },
      { tenant: other.tenant, isCurrent: false },
      {
        tenant: account.tenant,
        isCurrent: true,
        ip: '127.0.0.1',
        userAgent: 'node',
        createdAt: iso,
        lastUsedAt: iso,
        expiresAt: iso,
      },
    ]);
    t.notOk(Object.hasOwn(body.data[0], 'seed'), 'what tokens are made from stays inside');
    t.same(idsOf((await list(away.token)).body), sessions, 'whatever tenant asks');
  });

  await t.test('200: page by page', async (t) => {
    const first = await list(account.token, '?limit=2');
    t.same(idsOf(first.body), sessions.slice(0, 2));
    const rest = await list(account.token, `?limit=2&cursor=${first.body.nextCursor}`);
    t.same(idsOf(rest.body), sessions.slice(2));
    t.equal(rest.body.nextCursor, null);
  });

  await t.test('200: a refresh counts as use', async (t) => {
    const { refreshToken } = second;
    const lastUsed = async () => Date.parse((await list(account.token)).body.data[0].lastUsedAt);
    await api.app.platform.db.asSystem(
      (tx) => tx.sql`update sessions set rotated_at = now() - interval '1 hour'
        where id = ${claimsOf(second.token).sid}`,
    );
    const before = await lastUsed();
    await api.request('POST', '/auth/refresh', { body: { refreshToken } });
    t.ok((await lastUsed()) > before);
  });

  await t.test('200: without those that ended or expired, nor those of others', async (t) => {
    const ended = await logIn(api, email, account.tenant.id);
    await api.request('POST', '/auth/logout', { token: ended.token });
    const expired = await logIn(api, email, account.tenant.id);
    await api.app.platform.db.asSystem(
      (tx) => tx.sql`update sessions set expires_at = now()
        where id = ${claimsOf(expired.token).sid}`,
    );
    t.same(idsOf((await list(account.token)).body), sessions);
    t.same(idsOf((await list(other.token)).body), [claimsOf(other.token).sid]);
  });

  await t.test('400, 401, 403: a bad cursor, no token, and a key', async (t) => {
    t.equal((await list(account.token, '?cursor=here')).body.code, 'invalid_cursor');
    t.equal((await list(account.token, '?limit=101')).body.code, 'validation_failed');
    t.equal((await list()).body.code, 'unauthenticated');
    const { status, body } = await list(await keyOf(api, account));
    t.equal(status, 403);
    t.equal(body.code, 'session_required');
  });
});
