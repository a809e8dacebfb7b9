import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { expire, invite } from './invite.ts';

t.test('GET /invitations/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const get = (id: string, token?: string) => api.request('GET', `/invitations/${id}`, { token });
  const { id, email } = await invite(api, account);

  await t.test('200: the invitation', async (t) => {
    const { status, body } = await get(id, account.token);
    t.equal(status, 200);
    t.match(body, { id, email, roles: [{ name: 'member' }], invitedBy: account.user.id });
  });

  await t.test('200: the roles are those that are left', async (t) => {
    const role = await api.request('POST', '/roles', {
      token: account.token,
      body: { name: 'Passing', permissions: [] },
    });
    const one = await invite(api, account, { roleIds: [role.body.id] });
    const rolesOf = async () => (await get(one.id, account.token)).body.roles;
    t.same(await rolesOf(), [{ id: role.body.id, name: 'Passing' }]);
    await api.request('DELETE', `/roles/${role.body.id}`, { token: account.token });
    t.same(await rolesOf(), []);
  });

  await t.test('404: of another tenant, of nobody, and expired look the same', async (t) => {
    const stranger = await signUp(api, 'B');
    const expired = await invite(api, account);
    await expire(api, expired.id);
    const replies = await Promise.all([
      get(id, stranger.token),
      get('0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10', account.token),
      get(expired.id, account.token),
    ]);
    for (const { status, body } of replies) {
      t.equal(status, 404);
      t.match(body, { code: 'not_found', detail: 'There is no such invitation.' });
    }
  });

  await t.test('400, 401, 403: no UUID, without a token, without users:read', async (t) => {
    t.equal((await get('1', account.token)).body.code, 'validation_failed');
    t.equal((await get(id)).status, 401);
    const { token } = await addUser(api, account, ['users:write']);
    t.equal((await get(id, token)).body.code, 'forbidden');
  });
});
