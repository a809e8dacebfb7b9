import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, logIn, systemRoleId } from './add-user.ts';

t.test('DELETE /users/:id', async (t) => {
  const api = await startApi(t);
  const remove = (id: string, token?: string) => api.request('DELETE', `/users/${id}`, { token });
  const statusOf = async (token: string) =>
    (await api.request('GET', '/auth/me', { token })).status;

  await t.test('204: the person is gone, and the tokens are refused at once', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['*:read']);
    t.equal(await statusOf(user.token), 200);
    const { status, body } = await remove(user.id, account.token);
    t.equal(status, 204);
    t.equal(body, undefined);
    t.equal(await statusOf(user.token), 401);
    const refreshed = await api.request('POST', '/auth/refresh', {
      body: { refreshToken: user.refreshToken },
    });
    t.equal(refreshed.body.code, 'refresh_token_invalid');
    t.equal((await remove(user.id, account.token)).status, 404);
    const trail = await api.request('GET', '/audit-logs?action=user.deleted', {
      token: account.token,
    });
    t.match(trail.body.data, [{ resourceId: user.id, before: { email: user.email }, after: null }]);
  });

  await t.test('204: sessions in other tenants go on, and the way back is open', async (t) => {
    const home = await signUp(api, 'Home');
    const other = await signUp(api, 'Other');
    const { email, id } = home.user;
    await joinTenant(api, other, id);
    const { token } = await logIn(api, email, other.tenant.id);
    t.equal((await remove(id, other.token)).status, 204);
    t.equal(await statusOf(token), 401);
    t.equal(await statusOf(home.token), 200);
    await joinTenant(api, other, id);
    t.equal(await statusOf(token), 401, 'the old session stays ended');
  });

  await t.test('204: the place in the plan is free again', async (t) => {
    const account = await signUp(api);
    const add = (index: number) =>
      api.request('POST', '/users', {
        token: account.token,
        body: { email: `seat-${index}@example.com`, name: 'Seat' },
      });
    const added = [await add(1), await add(2), await add(3), await add(4)];
    t.equal((await add(5)).body.code, 'plan_limit_reached');
    t.equal((await remove(added[0]?.body.id, account.token)).status, 204);
    t.equal((await add(5)).status, 201);
  });

  await t.test('409: the last owner, by whoever asks', async (t) => {
    const account = await signUp(api);
    const admin = await addUser(api, account, ['*']);
    for (const token of [account.token, admin.token]) {
      const { status, body } = await remove(account.user.id, token);
      t.equal(status, 409);
      t.equal(body.code, 'last_owner');
    }
    t.equal(await statusOf(account.token), 200, 'nothing was changed');
  });

  await t.test('409: owners who remove each other at once leave one', async (t) => {
    const second = await startApi(t, { beside: api });
    for (let round = 0; round < 5; round++) {
      const one = await signUp(api);
      const roleIds = [await systemRoleId(api, one, 'owner')];
      const email = `heir-${round}@example.com`;
      const { body: two } = await api.request('POST', '/users', {
        token: one.token,
        body: { email, name: 'Heir', password, roleIds },
      });
      const { token } = await logIn(api, email, one.tenant.id);
      const replies = await Promise.all([
        remove(two.id, one.token),
        second.request('DELETE', `/users/${one.user.id}`, { token }),
      ]);
      t.equal(replies.filter(({ status }) => status === 204).length, 1);
    }
  });

  await t.test('403: without users:delete, and an owner by somebody who is none', async (t) => {
    const account = await signUp(api);
    const writer = await addUser(api, account, ['users:write', '*:read']);
    t.equal((await remove(writer.id, writer.token)).body.code, 'forbidden');
    const admin = await addUser(api, account, ['*']);
    const owner = await systemRoleId(api, account, 'owner');
    await api.request('PUT', `/users/${writer.id}/roles`, {
      token: account.token,
      body: { roleIds: [owner] },
    });
    t.equal((await remove(writer.id, admin.token)).body.code, 'permission_escalation');
    t.equal((await remove(writer.id, account.token)).status, 204);
  });

  await t.test('404: a person of another tenant stays', async (t) => {
    const [account, stranger] = await Promise.all([signUp(api, 'A'), signUp(api, 'B')]);
    t.equal((await remove(account.user.id, stranger.token)).body.code, 'not_found');
    t.equal(await statusOf(account.token), 200);
  });

  await t.test('400 and 401: an id that is no UUID, and no token', async (t) => {
    const account = await signUp(api);
    t.equal((await remove('1', account.token)).body.code, 'validation_failed');
    t.equal((await remove(account.user.id)).status, 401);
  });
});
