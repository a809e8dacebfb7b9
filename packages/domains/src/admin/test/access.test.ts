import { eventually } from '@trellis/test/eventually';
import { joinTenant } from '@trellis/test/join-tenant';
import { documentedRoutes, pathOf } from '@trellis/test/openapi';
import t from 'tap';
import { createKey } from '../../api-keys/test/create-key.ts';
import { accessChanged } from '../../auth/authenticate.ts';
import { addUser } from '../../users/test/add-user.ts';
import { startPlatform } from './administrate.ts';

const someId = '0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10';

t.test('the routes of administrators', async (t) => {
  const { api, admin, account, call } = await startPlatform(t);
  const routes = (await documentedRoutes(api)).filter(({ path }) => path.includes('/admin/'));
  t.ok(routes.length >= 8);
  const isRefused = async (token: string) => {
    for (const route of routes) {
      const parameters = Object.fromEntries(route.parameters.map((name) => [name, someId]));
      const { status, body } = await api.request(route.method, pathOf(route, parameters), {
        token,
      });
      t.match({ status, code: body.code }, { status: 403, code: 'forbidden' }, route.key);
    }
  };

  await t.test('no API key reaches them, of whatever permissions', async (t) => {
    const { key } = await createKey(api, admin.token, ['*']);
    t.equal((await api.request('GET', '/users', { token: key })).status, 200, 'it is valid');
    await isRefused(key);
    for (const permissions of [['admin'], ['*', 'admin']]) {
      const { status, body } = await call('POST', '/api-keys', { name: 'Root', permissions });
      t.match({ status, code: body.code }, { status: 422, code: 'permission_for_people' });
    }
  });

  await t.test('nor does anybody by a role of the tenant of the platform', async (t) => {
    const root = { name: 'Root', permissions: ['admin'] };
    t.match(await call('POST', '/roles', root), {
      status: 422,
      body: { code: 'unknown_permission' },
    });
    const { token, roleId } = await addUser(api, admin, ['users:read']);
    const change = await call('PATCH', `/roles/${roleId}`, { permissions: ['admin'] });
    t.match(change, { status: 422, body: { code: 'unknown_permission' } });
    // Written behind the back of the API, as if somebody could once.
    const { db } = api.app.platform;
    const written = await db.querySystem(
      (sql) => sql`
        update roles set permissions = array['users:read', 'admin'] where id = ${roleId}
        returning id`,
    );
    t.equal(written.length, 1);
    await db.asSystem((tx) =>
      api.app.platform.changes.announce(tx, accessChanged, admin.tenant.id),
    );
    await eventually(async () => {
      const { body } = await api.request('GET', '/roles', { token });
      return body.code === 'forbidden';
    });
    t.equal((await api.request('GET', '/users', { token })).status, 200);
    await isRefused(token);
    t.equal((await call('GET', '/admin/tenants')).status, 200, 'the administrator still does');
  });

  await t.test('nor does the administrator by a session of another tenant', async (t) => {
    t.equal((await call('GET', '/admin/tenants')).status, 200);
    await joinTenant(api, account, admin.user.id);
    const there = await call('POST', '/auth/switch', { tenantId: account.tenant.id });
    t.equal(there.status, 200);
    await isRefused(there.body.accessToken);
    const { body } = await api.request('GET', '/auth/me', { token: there.body.accessToken });
    t.notOk(body.permissions.includes('admin'));
  });

  await t.test('nor does a role that an administrator made there', async (t) => {
    const { token } = account;
    const role = await api.request('POST', '/roles', {
      token,
      body: { name: 'Root', permissions: ['admin'] },
    });
    t.match(role, { status: 422, body: { code: 'unknown_permission' } });
    // Written behind the back of the API, as if somebody could once.
    await api.app.platform.db.querySystem(
      (sql) => sql`
        update roles set permissions = array['*', 'tenant:own', 'admin']
        where tenant_id = ${account.tenant.id} and name = 'owner'`,
    );
    const login = { refreshToken: account.refreshToken };
    const { body } = await api.request('POST', '/auth/refresh', { body: login });
    await isRefused(body.accessToken);
  });
});
