import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from './add-user.ts';

t.test('GET /users/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const get = (id: string, token?: string) => api.request('GET', `/users/${id}`, { token });

  await t.test('200: a person with the roles held here', async (t) => {
    const { status, body } = await get(account.user.id, account.token);
    t.equal(status, 200);
    t.same(Object.keys(body), ['id', 'email', 'name', 'status', 'roles', 'createdAt']);
    t.match(body, { ...account.user, roles: [{ name: 'owner' }] });
  });

  await t.test('404: of another tenant, and of nobody, look the same', async (t) => {
    const stranger = await signUp(api, 'Other');
    const nobody = '0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10';
    for (const id of [account.user.id, nobody]) {
      const { status, body } = await get(id, stranger.token);
      t.equal(status, 404);
      t.equal(body.code, 'not_found');
      t.equal(body.detail, 'There is no such user.');
    }
  });

  await t.test(
    '200: a person of two tenants shows the roles of the asking one alone',
    async (t) => {
      const other = await signUp(api, 'Second');
      await joinTenant(api, other, account.user.id);
      const { body } = await get(account.user.id, other.token);
      t.match(body.roles, [{ name: 'member' }]);
      t.equal(body.roles.length, 1);
    },
  );

  await t.test('400: an id that is no UUID', async (t) => {
    t.equal((await get('1', account.token)).body.code, 'validation_failed');
  });

  await t.test('403: without users:read', async (t) => {
    const { id, token } = await addUser(api, account, ['roles:read']);
    t.equal((await get(id, token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get(account.user.id)).status, 401);
  });
});
