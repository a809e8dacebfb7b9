import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { claimsOf } from './claims-of.ts';

t.test('POST /auth/login', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'Home');
  const { email } = account.user;
  const login = (body: unknown) => api.request('POST', '/auth/login', { body });

  await t.test('200: opens a session, whatever the case of the e-mail', async (t) => {
    const { status, body } = await login({ email: email.toUpperCase(), password });
    t.equal(status, 200);
    t.match(body, { user: account.user, tenant: account.tenant, expiresIn: 900 });
    const me = await api.request('GET', '/auth/me', { token: body.accessToken });
    t.match(me.body.user, account.user);
    const trail = await api.request('GET', '/audit-logs?action=session.created', {
      token: body.accessToken,
    });
    const { sid } = claimsOf(body.accessToken);
    t.match(trail.body.data, [{ actorId: account.user.id, resourceId: sid }]);
  });

  await t.test('200: in the named tenant, else in the one that was joined first', async (t) => {
    const other = await signUp(api, 'Other');
    await joinTenant(api, other, account.user.id);
    const there = await login({ email, password, tenantId: other.tenant.id });
    t.equal(there.body.tenant.id, other.tenant.id);
    const capitals = await login({ email, password, tenantId: other.tenant.id.toUpperCase() });
    t.equal(capitals.body.tenant?.id, other.tenant.id, 'whatever the case of its id');
    const me = await api.request('GET', '/auth/me', { token: there.body.accessToken });
    t.same(me.body.permissions, ['*:read'], 'the roles of that tenant');
    t.equal((await login({ email, password })).body.tenant.id, account.tenant.id);
  });

  await t.test('401: one answer for a wrong password and for an unknown e-mail', async (t) => {
    const wrong = await login({ email, password: 'not the password' });
    const unknown = await login({ email: 'nobody@example.com', password });
    t.equal(wrong.status, 401);
    t.equal(wrong.body.code, 'invalid_credentials');
    t.same({ ...unknown.body, requestId: '' }, { ...wrong.body, requestId: '' });
  });

  await t.test('401: a person without a password, and one who is disabled', async (t) => {
    const { token } = await signUp(api, 'Team');
    const invited = 'no-password@example.com';
    await api.request('POST', '/users', { token, body: { email: invited, name: 'Invited' } });
    t.equal((await login({ email: invited, password })).body.code, 'invalid_credentials');
    const leaver = await signUp(api, 'Leaver');
    await api.app.platform.db.asSystem(
      (tx) => tx.sql`update users set disabled_at = now() where id = ${leaver.user.id}`,
    );
    const { body } = await login({ email: leaver.user.email, password });
    t.equal(body.code, 'invalid_credentials');
  });

  await t.test('403: a tenant that lets the person in no longer', async (t) => {
    const other = await signUp(api, 'Former');
    await joinTenant(api, other, account.user.id);
    await api.app.platform.db.asSystem(
      (tx) => tx.sql`update memberships set disabled_at = now()
        where tenant_id = ${other.tenant.id} and user_id = ${account.user.id}`,
    );
    const refused = await login({ email, password, tenantId: other.tenant.id });
    t.equal(refused.body.code, 'no_membership');
    t.equal((await login({ email, password })).body.tenant.id, account.tenant.id);
  });

  await t.test('403: a tenant that the person is not in, or that is suspended', async (t) => {
    const stranger = await signUp(api, 'Stranger');
    const outside = await login({ email, password, tenantId: stranger.tenant.id });
    t.equal(outside.status, 403);
    t.equal(outside.body.code, 'no_membership');
    await api.app.platform.db.asSystem(
      (tx) => tx.sql`update tenants set status = 'suspended' where id = ${stranger.tenant.id}`,
    );
    const { status, body } = await login({ email: stranger.user.email, password });
    t.equal(status, 403);
    t.equal(body.code, 'tenant_suspended');
  });

  await t.test('400: a body that is not valid', async (t) => {
    const bad = [{}, { email }, { email, password: '' }, { email, password, tenantId: 'home' }];
    for (const body of [...bad, { email, password, remember: true }]) {
      t.equal((await login(body)).body.code, 'validation_failed');
    }
    t.equal((await login('{"email":')).body.code, 'malformed_json');
    t.equal((await login({ email: 'a\u0000', password })).body.code, 'invalid_text');
  });
});
