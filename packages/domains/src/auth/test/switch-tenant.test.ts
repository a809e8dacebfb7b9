import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { logIn } from '../../users/test/add-user.ts';
import { claimsOf } from './claims-of.ts';
import { keyOf } from './key-of.ts';
import { within } from './within.ts';

t.test('POST /auth/switch', async (t) => {
  const api = await startApi(t);
  const beside = await startApi(t, { beside: api });
  const account = await signUp(api, 'Home');
  const other = await signUp(api, 'Other');
  await joinTenant(api, other, account.user.id);
  const home = () => logIn(api, account.user.email, account.tenant.id);
  const switchTo = (token: string | undefined, tenantId: unknown, server = api) =>
    server.request('POST', '/auth/switch', { token, body: { tenantId } });
  const statusOf = async (token: string, server = api) =>
    (await server.request('GET', '/auth/me', { token })).status;
  const { asSystem } = api.app.platform.db;

  await t.test(
    '200: a session in the other tenant, with its roles, in place of this',
    async (t) => {
      const before = await home();
      for (const server of [api, beside]) t.equal(await statusOf(before.token, server), 200);
      const { status, body } = await switchTo(before.token, other.tenant.id.toUpperCase());
      t.equal(status, 200);
      t.match(body, { user: account.user, tenant: other.tenant, expiresIn: 900 });
      const me = await api.request('GET', '/auth/me', { token: body.accessToken });
      t.equal(me.body.tenant.id, other.tenant.id);
      t.same(me.body.permissions, ['*:read']);
      t.equal(await statusOf(before.token), 401, 'here at once');
      t.ok(await within(1_000, async () => (await statusOf(before.token, beside)) === 401));
      const { refreshToken } = before;
      const old = await api.request('POST', '/auth/refresh', { body: { refreshToken } });
      t.equal(old.body.code, 'refresh_token_invalid');
      const fresh = await api.request('POST', '/auth/refresh', {
        body: { refreshToken: body.refreshToken },
      });
      t.equal(fresh.status, 200);
    },
  );

  await t.test('200: audited in both tenants', async (t) => {
    const { token } = await home();
    const { body } = await switchTo(token, other.tenant.id);
    const newest = async (who: string, action: string) => {
      const trail = await api.request('GET', `/audit-logs?limit=1&action=${action}`, {
        token: who,
      });
      return trail.body.data[0];
    };
    t.match(await newest(account.token, 'session.ended'), {
      actorId: account.user.id,
      resourceId: claimsOf(token).sid,
    });
    t.match(await newest(other.token, 'session.created'), {
      actorId: account.user.id,
      resourceId: claimsOf(body.accessToken).sid,
    });
  });

  await t.test('200: there and back by many at once, and none waits for ever', async (t) => {
    const round = async () => {
      const { token } = await home();
      const there = await switchTo(token, other.tenant.id);
      const back = await switchTo(there.body.accessToken, account.tenant.id, beside);
      return [there.status, back.status];
    };
    const statuses = await Promise.all(Array.from({ length: 8 }, round));
    t.same(
      statuses.flat(),
      Array.from({ length: 16 }, () => 200),
    );
  });

  await t.test('401: of two switches of one session at once one opens a session', async (t) => {
    const { token } = await home();
    const live = async () => {
      const [row] = await asSystem(
        (tx) => tx.sql`select count(*)::int as sessions from sessions
          where user_id = ${account.user.id} and revoked_at is null`,
      );
      return row?.sessions;
    };
    const before = await live();
    const replies = await Promise.all(
      [api, beside, api, beside].map((server) => switchTo(token, other.tenant.id, server)),
    );
    t.same(replies.map(({ status }) => status).sort(), [200, 401, 401, 401]);
    t.equal(await live(), before, 'one has ended and one has begun');
  });

  await t.test('403: a tenant that the person is not in, or no longer, or suspended', async (t) => {
    const { token } = await home();
    const stranger = await signUp(api, 'Stranger');
    const refused = await switchTo(token, stranger.tenant.id);
    t.equal(refused.status, 403);
    t.equal(refused.body.code, 'no_membership');
    await joinTenant(api, stranger, account.user.id);
    await asSystem(
      (tx) => tx.sql`update memberships set disabled_at = now()
        where tenant_id = ${stranger.tenant.id} and user_id = ${account.user.id}`,
    );
    t.equal((await switchTo(token, stranger.tenant.id)).body.code, 'no_membership');
    const closed = await signUp(api, 'Closed');
    await joinTenant(api, closed, account.user.id);
    await asSystem(
      (tx) => tx.sql`update tenants set status = 'suspended' where id = ${closed.tenant.id}`,
    );
    t.equal((await switchTo(token, closed.tenant.id)).body.code, 'tenant_suspended');
    t.equal(await statusOf(token), 200, 'the session goes on');
  });

  await t.test('400, 401, 403: no tenant, no token, and a key', async (t) => {
    const { token } = await home();
    for (const tenantId of [undefined, 'home', 7]) {
      t.equal((await switchTo(token, tenantId)).body.code, 'validation_failed');
    }
    t.equal((await switchTo(undefined, other.tenant.id)).body.code, 'unauthenticated');
    const key = await keyOf(api, account);
    t.equal((await switchTo(key, other.tenant.id)).body.code, 'session_required');
  });
});
