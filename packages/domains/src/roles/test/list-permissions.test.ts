import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('GET /permissions', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const get = (token?: string) => api.request('GET', '/permissions', { token });

  await t.test('200: what the routes ask for, by name, without the platform’s own', async (t) => {
    const { status, body } = await get(account.token);
    t.equal(status, 200);
    t.same(body.data, body.data.toSorted());
    t.notOk(body.data.includes('admin'));
    const expected = ['audit:read', 'roles:delete', 'roles:read', 'roles:write', 'tenant:write'];
    t.same(
      expected.filter((name) => !body.data.includes(name)),
      [],
    );
  });

  await t.test('200: each of them can be granted', async (t) => {
    const { body } = await get(account.token);
    const { status } = await api.request('POST', '/roles', {
      token: account.token,
      body: { name: 'All by name', permissions: body.data },
    });
    t.equal(status, 201);
  });

  await t.test('403: without roles:read', async (t) => {
    const { token } = await addUser(api, account, ['users:read']);
    t.equal((await get(token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get()).status, 401);
  });
});
