import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, systemRoleId } from '../../users/test/add-user.ts';

t.test('DELETE /roles/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const remove = (id: string, token?: string) => api.request('DELETE', `/roles/${id}`, { token });
  const newRole = async (name: string) =>
    (
      await api.request('POST', '/roles', {
        token: account.token,
        body: { name, permissions: ['users:read'] },
      })
    ).body;

  await t.test('204: the role is gone, its name is free, and the audit keeps it', async (t) => {
    const role = await newRole('Support');
    t.equal((await remove(role.id, account.token)).status, 204);
    t.equal((await remove(role.id, account.token)).status, 404);
    t.ok((await newRole('Support')).id);
    const trail = await api.request('GET', '/audit-logs?action=role.deleted', {
      token: account.token,
    });
    t.same(trail.body.data[0].before, role);
    t.equal(trail.body.data[0].after, null);
  });

  await t.test('409: while somebody has the role', async (t) => {
    const user = await addUser(api, account, ['users:read']);
    const { status, body } = await remove(user.roleId, account.token);
    t.equal(status, 409);
    t.equal(body.code, 'role_in_use');
    await api.request('DELETE', `/users/${user.id}`, { token: account.token });
    t.equal((await remove(user.roleId, account.token)).status, 204);
  });

  await t.test('409 or 422: deleted and assigned at once, one of the two is refused', async (t) => {
    const user = await addUser(api, account, ['users:read']);
    for (let round = 0; round < 5; round++) {
      const role = await newRole(`Race ${round}`);
      const [removed, assigned] = await Promise.all([
        remove(role.id, account.token),
        api.request('PUT', `/users/${user.id}/roles`, {
          token: account.token,
          body: { roleIds: [role.id] },
        }),
      ]);
      t.ok(
        (removed.status === 204 && assigned.body.code === 'unknown_role') ||
          (removed.body?.code === 'role_in_use' && assigned.status === 200),
      );
    }
  });

  await t.test('409: a system role', async (t) => {
    const { body } = await remove(await systemRoleId(api, account, 'admin'), account.token);
    t.equal(body.code, 'system_role');
  });

  await t.test('404: a role of another tenant stays', async (t) => {
    const stranger = await signUp(api, 'B');
    const role = await newRole('Ours');
    t.equal((await remove(role.id, stranger.token)).body.code, 'not_found');
    const { status } = await api.request('GET', `/roles/${role.id}`, { token: account.token });
    t.equal(status, 200);
  });

  await t.test('400, 401, 403: not valid, without a token, without roles:delete', async (t) => {
    const role = await newRole('Plain');
    t.equal((await remove('1', account.token)).body.code, 'validation_failed');
    t.equal((await remove(role.id)).status, 401);
    const writer = await addUser(api, account, ['roles:write', '*:read']);
    t.equal((await remove(role.id, writer.token)).body.code, 'forbidden');
  });
});
