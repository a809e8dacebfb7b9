import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, systemRoleId } from './add-user.ts';

t.test('PUT /users/:id/roles', async (t) => {
  const api = await startApi(t);
  const put = (id: string, roleIds: unknown, token?: string) =>
    api.request('PUT', `/users/${id}/roles`, { token, body: { roleIds } });
  const permissionsOf = async (token: string) =>
    (await api.request('GET', '/auth/me', { token })).body.permissions;

  await t.test('200: replaces the roles, and the token holds them at once', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['users:read']);
    t.same(await permissionsOf(user.token), ['users:read']);
    const admin = await systemRoleId(api, account, 'admin');
    const { status, body } = await put(user.id, [admin], account.token);
    t.equal(status, 200);
    t.same(body.roles, [{ id: admin, name: 'admin' }]);
    t.same(await permissionsOf(user.token), ['*']);
    t.same((await put(user.id, [], account.token)).body.roles, []);
    t.same(await permissionsOf(user.token), []);
    const trail = await api.request('GET', '/audit-logs?action=user.roles_changed', {
      token: account.token,
    });
    t.match(trail.body.data, [
      { before: { roles: [{ name: 'admin' }] }, after: { roles: [] } },
      { after: { roles: [{ name: 'admin' }] } },
    ]);
  });

  await t.test('409: the last owner stays owner; with a second one ownership moves', async (t) => {
    const account = await signUp(api);
    const admin = await systemRoleId(api, account, 'admin');
    const owner = await systemRoleId(api, account, 'owner');
    const refused = await put(account.user.id, [admin], account.token);
    t.equal(refused.status, 409);
    t.equal(refused.body.code, 'last_owner');
    t.same(await permissionsOf(account.token), ['*', 'tenant:own'], 'nothing was changed');
    const heir = await addUser(api, account, ['*:read']);
    t.equal((await put(heir.id, [owner], account.token)).status, 200);
    t.equal((await put(account.user.id, [admin], account.token)).status, 200);
    t.equal((await put(heir.id, [admin], heir.token)).body.code, 'last_owner');
  });

  await t.test('409: a disabled owner does not count as one', async (t) => {
    const account = await signUp(api);
    const owner = await systemRoleId(api, account, 'owner');
    const other = await addUser(api, account, ['*:read']);
    await put(other.id, [owner], account.token);
    await api.app.platform.db.asSystem(
      (tx) => tx.sql`update users set disabled_at = now() where id = ${other.id}`,
    );
    t.equal((await put(account.user.id, [], account.token)).body.code, 'last_owner');
  });

  await t.test('409: two owners who demote each other at once leave one', async (t) => {
    const second = await startApi(t, { beside: api });
    for (let round = 0; round < 5; round++) {
      const one = await signUp(api);
      const owner = await systemRoleId(api, one, 'owner');
      const two = await addUser(api, one, ['*:read']);
      await put(two.id, [owner], one.token);
      const replies = await Promise.all([
        put(two.id, [], one.token),
        second.request('PUT', `/users/${one.user.id}/roles`, {
          token: two.token,
          body: { roleIds: [] },
        }),
      ]);
      t.equal(replies.filter(({ status }) => status === 200).length, 1);
    }
  });

  await t.test('412: an If-Match that names another version', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['*:read']);
    const path = `/users/${user.id}`;
    const { headers } = await api.request('GET', path, { token: account.token });
    const match = { 'if-match': headers.get('etag') ?? '' };
    const write = () =>
      api.request('PUT', `${path}/roles`, {
        token: account.token,
        body: { roleIds: [] },
        headers: match,
      });
    const changed = await write();
    t.equal(changed.status, 200);
    t.not(changed.headers.get('etag'), match['if-match']);
    const { status, body } = await write();
    t.equal(status, 412);
    t.equal(body.code, 'precondition_failed');
  });

  await t.test('403: nobody gives what they do not hold, nor takes ownership away', async (t) => {
    const account = await signUp(api);
    const owner = await systemRoleId(api, account, 'owner');
    const admin = await systemRoleId(api, account, 'admin');
    const limited = await addUser(api, account, ['users:write']);
    const administrator = await addUser(api, account, ['*']);
    await put(administrator.id, [owner], account.token);
    await put(account.user.id, [admin], administrator.token);
    for (const roleIds of [[admin], [owner], [limited.roleId, owner]]) {
      const { status, body } = await put(limited.id, roleIds, limited.token);
      t.equal(status, 403);
      t.equal(body.code, 'permission_escalation');
    }
    await put(account.user.id, [owner], administrator.token);
    await put(administrator.id, [admin], account.token);
    t.equal((await put(limited.id, [owner], administrator.token)).status, 403, 'admin to owner');
    await put(limited.id, [owner], account.token);
    t.equal((await put(limited.id, [admin], administrator.token)).status, 403, 'owner to admin');
    t.equal((await put(limited.id, [owner, admin], administrator.token)).status, 200, 'owner kept');
  });

  await t.test('404 and 422: neither people nor roles of another tenant', async (t) => {
    const [account, stranger] = await Promise.all([signUp(api, 'A'), signUp(api, 'B')]);
    const theirs = await systemRoleId(api, account, 'member');
    const mine = await systemRoleId(api, stranger, 'member');
    t.equal((await put(account.user.id, [mine], stranger.token)).status, 404);
    const { status, body } = await put(stranger.user.id, [theirs], stranger.token);
    t.equal(status, 422);
    t.equal(body.code, 'unknown_role');
    t.same(await permissionsOf(account.token), ['*', 'tenant:own']);
  });

  await t.test('400, 401, 403: not valid, without a token, without users:write', async (t) => {
    const account = await signUp(api);
    const { id } = account.user;
    const member = await systemRoleId(api, account, 'member');
    for (const roleIds of [undefined, 'owner', ['owner'], [member, member]]) {
      t.equal((await put(id, roleIds, account.token)).body.code, 'validation_failed');
    }
    t.equal((await put('1', [], account.token)).status, 400);
    t.equal((await put(id, [])).status, 401);
    const reader = await addUser(api, account, ['*:read']);
    t.equal((await put(id, [], reader.token)).body.code, 'forbidden');
  });
});
