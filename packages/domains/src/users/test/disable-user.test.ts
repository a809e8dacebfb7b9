import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { joinTenant } from '@trellis/test/join-tenant';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, logIn, systemRoleId } from './add-user.ts';

t.test('PATCH /users/:id {status}', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const setStatus = (id: string, status: string, token: string) =>
    api.request('PATCH', `/users/${id}`, { token, body: { status } });
  const statusOf = async (token: string, server = api) =>
    (await server.request('GET', '/auth/me', { token })).status;

  await t.test('200: a disabled person is out at once, until let in again', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['*:read']);
    t.equal(await statusOf(user.token), 200);
    const { status, body } = await setStatus(user.id, 'disabled', account.token);
    t.equal(status, 200);
    t.match(body, { id: user.id, status: 'disabled' });
    t.equal(await statusOf(user.token), 401);
    const refreshed = await api.request('POST', '/auth/refresh', {
      body: { refreshToken: user.refreshToken },
    });
    t.equal(refreshed.status, 401);
    const login = { email: user.email, password, tenantId: account.tenant.id };
    const refused = await api.request('POST', '/auth/login', { body: login });
    t.equal(refused.status, 403);
    t.equal(refused.body.code, 'no_membership');
    const shown = await api.request('GET', `/users/${user.id}`, { token: account.token });
    t.same(shown.body, body);

    const back = await setStatus(user.id, 'active', account.token);
    t.same(back.body, { ...body, status: 'active' });
    t.equal(await statusOf(user.token), 401, 'the old session stays ended');
    const again = await logIn(api, user.email, account.tenant.id);
    t.equal(await statusOf(again.token), 200);
    const trail = await api.request('GET', '/audit-logs?action=user.updated', {
      token: account.token,
    });
    t.match(trail.body.data, [
      { before: { status: 'disabled' }, after: { status: 'active' } },
      { before: { status: 'active' }, after: { status: 'disabled' } },
    ]);
  });

  await t.test('200: the other process knows as well', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['*:read']);
    t.equal(await statusOf(user.token, second), 200);
    await setStatus(user.id, 'disabled', account.token);
    t.ok(await eventually(async () => (await statusOf(user.token, second)) === 401));
  });

  await t.test('200: in other tenants nothing changes', async (t) => {
    const [account, home] = await Promise.all([signUp(api, 'New'), signUp(api, 'Home')]);
    const { id, email } = home.user;
    await joinTenant(api, account, id);
    const { token } = await logIn(api, email, account.tenant.id);
    await setStatus(id, 'disabled', account.token);
    t.equal(await statusOf(token), 401);
    t.equal(await statusOf(home.token), 200);
    const seen = await api.request('GET', `/users/${id}`, { token: home.token });
    t.equal(seen.body.status, 'active');
    await logIn(api, email, home.tenant.id);
  });

  await t.test('200: a name and a status in one, and a repeat changes nothing', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['*:read']);
    const body = { name: 'Ada King', status: 'disabled' };
    const patch = () => api.request('PATCH', `/users/${user.id}`, { token: account.token, body });
    const first = await patch();
    t.match(first.body, body);
    t.same((await patch()).body, first.body);
  });

  await t.test('403: nobody lets somebody in who holds more than they do', async (t) => {
    const account = await signUp(api);
    const limited = await addUser(api, account, ['users:write', '*:read']);
    const strong = await addUser(api, account, ['users:delete']);
    t.equal((await setStatus(strong.id, 'disabled', limited.token)).status, 200);
    const { status, body } = await setStatus(strong.id, 'active', limited.token);
    t.equal(status, 403);
    t.equal(body.code, 'permission_escalation');
    t.equal((await setStatus(strong.id, 'active', account.token)).status, 200);
  });

  await t.test('200: an owner disables another owner, and is one who lets in again', async (t) => {
    const account = await signUp(api);
    const other = await addUser(api, account, ['*:read']);
    const admin = await addUser(api, account, ['*']);
    await api.request('PUT', `/users/${other.id}/roles`, {
      token: account.token,
      body: { roleIds: [await systemRoleId(api, account, 'owner')] },
    });
    t.equal((await setStatus(other.id, 'disabled', account.token)).status, 200);
    const refused = await setStatus(other.id, 'active', admin.token);
    t.equal(refused.body.code, 'permission_escalation');
    t.equal((await setStatus(other.id, 'active', account.token)).status, 200);
  });

  await t.test('200: the list tells them apart', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['*:read']);
    await setStatus(user.id, 'disabled', account.token);
    const idsOf = async (query: string) => {
      const { body } = await api.request('GET', `/users${query}`, { token: account.token });
      return body.data.map(({ id }: { id: string }) => id);
    };
    t.same(await idsOf('?status=disabled'), [user.id]);
    t.same(await idsOf('?status=active'), [account.user.id]);
    t.same(await idsOf(''), [user.id, account.user.id]);
    t.same(await idsOf('?status=disabled&search=nobody'), []);
    const { body } = await api.request('GET', '/users?status=gone', { token: account.token });
    t.equal(body.code, 'validation_failed');
  });
});
