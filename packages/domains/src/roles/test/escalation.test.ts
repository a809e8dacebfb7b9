import { type Api, startApi } from '@trellis/test/api';
import { mailedToken } from '@trellis/test/mail';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { accept, newEmail, setMaxUsers } from '../../invitations/test/invite.ts';
import { addUser, systemRoleId } from '../../users/test/add-user.ts';

/** What the caller may do: all about people and roles but removing people. */
const held = [
  'users:read',
  'users:write',
  'roles:read',
  'roles:write',
  'roles:delete',
  'api-keys:read',
  'api-keys:write',
];

/** Each of them would let its holder remove people. */
const wanted = ['users:delete', '*', 'tenant:own'];

async function prepare(api: Api) {
  const account = await signUp(api);
  await setMaxUsers(api, account, 20);
  const caller = await addUser(api, account, held);
  const victim = await addUser(api, account, ['users:read']);
  const { body: strong } = await api.request('POST', '/roles', {
    token: account.token,
    body: { name: 'Strong', permissions: ['users:delete'] },
  });
  return { account, caller, victim, strong: strong.id };
}

async function strongRoles(api: Api, account: Account, strong: string): Promise<string[]> {
  return [
    strong,
    await systemRoleId(api, account, 'admin'),
    await systemRoleId(api, account, 'owner'),
  ];
}

t.test('who holds roles:write and users:write, not users:delete, gives it to nobody', async (t) => {
  const api = await startApi(t);
  const { account, caller, victim, strong } = await prepare(api);
  const call = (method: string, path: string, body: unknown) =>
    api.request(method, path, { token: caller.token, body });
  const refused = async (method: string, path: string, body: unknown) => {
    const reply = await call(method, path, body);
    t.equal(reply.status, 403, `${method} ${path} ${JSON.stringify(body)}`);
    t.equal(reply.body.code, 'permission_escalation');
  };
  const roles = await strongRoles(api, account, strong);

  await t.test('by a new role', async () => {
    for (const permission of wanted) {
      await refused('POST', '/roles', { name: 'New', permissions: ['users:read', permission] });
    }
  });

  await t.test('by a role that somebody has, or they themselves', async () => {
    for (const id of [victim.roleId, caller.roleId]) {
      for (const permission of wanted) {
        await refused('PATCH', `/roles/${id}`, { permissions: ['users:read', permission] });
      }
    }
  });

  await t.test('by giving a role to somebody, or to themselves', async () => {
    for (const id of [victim.id, caller.id]) {
      for (const role of roles) {
        await refused('PUT', `/users/${id}/roles`, { roleIds: [caller.roleId, role] });
      }
    }
  });

  await t.test('by adding or inviting somebody with a role', async () => {
    for (const role of roles) {
      await refused('POST', '/users', { email: newEmail(), name: 'Ada', roleIds: [role] });
      await refused('POST', '/invitations', { email: newEmail(), roleIds: [role] });
    }
  });

  await t.test('by letting somebody in again', async (t) => {
    const path = `/users/${victim.id}`;
    const give = (roleIds: string[]) =>
      api.request('PUT', `${path}/roles`, { token: account.token, body: { roleIds } });
    await give([strong]);
    t.equal((await call('PATCH', path, { status: 'disabled' })).status, 200);
    await refused('PATCH', path, { status: 'active' });
    await give([victim.roleId]);
    t.equal((await call('PATCH', path, { status: 'active' })).status, 200);
  });

  await t.test('by an API key', async (t) => {
    for (const permission of ['users:delete', '*']) {
      await refused('POST', '/api-keys', { name: 'Key', permissions: [permission] });
    }
    for (const permission of ['tenant:own', 'admin']) {
      const { body } = await call('POST', '/api-keys', { name: 'Key', permissions: [permission] });
      t.equal(body.code, 'permission_for_people', 'no key holds it at all');
    }
  });

  await t.test('by an invitation whose role is gone when it is accepted', async (t) => {
    const role = await call('POST', '/roles', { name: 'Passing', permissions: ['users:write'] });
    const email = newEmail();
    const invited = await call('POST', '/invitations', { email, roleIds: [role.body.id] });
    t.equal(invited.status, 201);
    t.equal((await call('DELETE', `/roles/${role.body.id}`, undefined)).status, 204);
    const token = await mailedToken(api, email, 'invitation');
    const { body } = await accept(api, { token, name: 'Ada', password: 'another long password' });
    const shown = await call('GET', `/users/${body.user.id}`, undefined);
    t.same(shown.body.roles, []);
  });

  await t.test('what is held can be given in each of these ways', async (t) => {
    const role = await call('POST', '/roles', { name: 'Equal', permissions: held });
    t.equal(role.status, 201);
    const roleIds = [role.body.id];
    const ways = [
      await call('PUT', `/users/${victim.id}/roles`, { roleIds }),
      await call('PATCH', `/roles/${victim.roleId}`, { permissions: held }),
      await call('POST', '/users', { email: newEmail(), name: 'Ada', roleIds }),
      await call('POST', '/api-keys', { name: 'Key', permissions: held }),
    ];
    t.same(
      ways.map(({ status }) => status),
      [200, 200, 201, 201],
    );
  });

  await t.test('and nobody ever removed anybody', async (t) => {
    const reply = await api.request('DELETE', `/users/${victim.id}`, { token: caller.token });
    t.equal(reply.body.code, 'forbidden');
  });
});
