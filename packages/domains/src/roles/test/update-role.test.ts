import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, systemRoleId } from '../../users/test/add-user.ts';

t.test('PATCH /roles/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const patch = (id: string, body: unknown, token?: string, headers = {}) =>
    api.request('PATCH', `/roles/${id}`, { token, body, headers });
  const newRole = async (name: string, permissions: string[]) =>
    api.request('POST', '/roles', { token: account.token, body: { name, permissions } });
  const permissionsOf = async (token: string) =>
    (await api.request('GET', '/auth/me', { token })).body.permissions;

  await t.test('200: whoever has the role holds the new permissions at once', async (t) => {
    const user = await addUser(api, account, ['users:read']);
    t.same(await permissionsOf(user.token), ['users:read']);
    const before = await api.request('GET', `/roles/${user.roleId}`, { token: account.token });
    const change = { permissions: ['roles:read', 'audit:read'], description: 'Looks.' };
    const { status, body } = await patch(user.roleId, change, account.token);
    t.equal(status, 200);
    t.match(body, { ...change, permissions: ['audit:read', 'roles:read'], name: before.body.name });
    t.same(await permissionsOf(user.token), ['audit:read', 'roles:read']);
    const trail = await api.request('GET', '/audit-logs?action=role.updated', {
      token: account.token,
    });
    t.same(trail.body.data[0].before, before.body);
    t.same(trail.body.data[0].after, body);
  });

  await t.test(
    '412: an If-Match that names an older version; each change is a new one',
    async (t) => {
      const { body, headers } = await newRole('Versions', []);
      const first = headers.get('etag') ?? '';
      const changed = await patch(body.id, { name: 'V2' }, account.token, { 'if-match': first });
      t.equal(changed.status, 200);
      const second = changed.headers.get('etag') ?? '';
      t.not(second, first);
      for (const stale of [first, 'nonsense', `W/${second}`]) {
        const refused = await patch(body.id, { name: 'V3' }, account.token, { 'if-match': stale });
        t.equal(refused.status, 412);
        t.equal(refused.body.code, 'precondition_failed');
      }
      const list = await patch(body.id, { name: 'V3' }, account.token, {
        'if-match': `"other", ${second}`,
      });
      t.equal(list.status, 200);
      t.equal(
        (await patch(body.id, { name: 'V4' }, account.token, { 'if-match': '*' })).status,
        200,
      );
    },
  );

  await t.test('412: of ten changes from one version, one goes through', async (t) => {
    const { body, headers } = await newRole('Race', []);
    const read = () => api.request('GET', `/roles/${body.id}`, { token: account.token });
    await Promise.all(Array.from({ length: 10 }, read)); // opens the connections of the pool
    const match = { 'if-match': headers.get('etag') ?? '' };
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        patch(body.id, { description: `${index}` }, account.token, match),
      ),
    );
    t.equal(replies.filter(({ status }) => status === 200).length, 1);
    t.equal(replies.filter(({ status }) => status === 412).length, 9);
  });

  await t.test('409: system roles, and a name that is taken', async (t) => {
    const member = await systemRoleId(api, account, 'member');
    t.equal((await patch(member, { permissions: ['*'] }, account.token)).body.code, 'system_role');
    const { body } = await newRole('Second', []);
    t.equal((await patch(body.id, { name: 'admin' }, account.token)).body.code, 'role_exists');
  });

  await t.test('403: adds only what the caller holds, and leaves the rest as it is', async (t) => {
    const writer = await addUser(api, account, ['roles:write', 'users:read']);
    const { body } = await newRole('Strong', ['users:delete']);
    const added = await patch(body.id, { permissions: ['users:delete', '*'] }, writer.token);
    t.equal(added.status, 403);
    t.equal(added.body.code, 'permission_escalation');
    t.equal((await patch(body.id, { name: 'Stronger' }, writer.token)).status, 200);
    const kept = { permissions: ['users:delete', 'users:read'] };
    t.equal((await patch(body.id, kept, writer.token)).status, 200);
    const own = await patch(writer.roleId, { permissions: ['roles:write', '*'] }, writer.token);
    t.equal(own.body.code, 'permission_escalation', 'not to oneself either');
  });

  await t.test('409: a role that makes the last owner keeps doing so', async (t) => {
    const tenant = await signUp(api, 'C');
    const { body: role } = await api.request('POST', '/roles', {
      token: tenant.token,
      body: { name: 'Founder', permissions: ['*', 'tenant:own'] },
    });
    await api.request('PUT', `/users/${tenant.user.id}/roles`, {
      token: tenant.token,
      body: { roleIds: [role.id] },
    });
    const { body } = await patch(role.id, { permissions: ['*'] }, tenant.token);
    t.equal(body.code, 'last_owner');
    t.same(await permissionsOf(tenant.token), ['*', 'tenant:own']);
  });

  await t.test('422: a permission that no route asks for', async (t) => {
    const { body } = await newRole('Odd', []);
    const refused = await patch(body.id, { permissions: ['users:fly'] }, account.token);
    t.equal(refused.status, 422);
    t.equal(refused.body.code, 'unknown_permission');
  });

  await t.test('404: a role of another tenant is not changed', async (t) => {
    const stranger = await signUp(api, 'B');
    const { body } = await newRole('Ours', []);
    t.equal((await patch(body.id, { name: 'Theirs' }, stranger.token)).body.code, 'not_found');
    const after = await api.request('GET', `/roles/${body.id}`, { token: account.token });
    t.same(after.body, body);
  });

  await t.test('400, 401, 403: not valid, without a token, without roles:write', async (t) => {
    const { body } = await newRole('Plain', []);
    for (const change of [{}, { name: '' }, { isSystem: true }, { permissions: 'all' }]) {
      t.equal((await patch(body.id, change, account.token)).body.code, 'validation_failed');
    }
    t.equal((await patch('1', { name: 'x' }, account.token)).status, 400);
    t.equal((await patch(body.id, { name: 'x' })).status, 401);
    const reader = await addUser(api, account, ['*:read']);
    t.equal((await patch(body.id, { name: 'x' }, reader.token)).body.code, 'forbidden');
  });
});
