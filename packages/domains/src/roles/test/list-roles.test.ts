import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('GET /roles', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const stranger = await signUp(api, 'B');
  const get = (query = '', token: string | undefined = account.token) =>
    api.request('GET', `/roles${query}`, { token });
  await api.request('POST', '/roles', {
    token: account.token,
    body: { name: 'Support', permissions: ['users:read'] },
  });
  const namesOf = (body: { data: { name: string }[] }) => body.data.map(({ name }) => name);

  await t.test('200: the system roles and those of the tenant alone', async (t) => {
    const { status, body } = await get();
    t.equal(status, 200);
    t.same(namesOf(body), ['Support', 'member', 'admin', 'owner']);
    t.match(body.data[3], { isSystem: true, permissions: ['*', 'tenant:own'] });
    t.equal(body.nextCursor, null);
    t.same(namesOf((await get('', stranger.token)).body), ['member', 'admin', 'owner']);
  });

  await t.test('200: pages', async (t) => {
    const first = await get('?limit=3');
    const second = await get(`?limit=3&cursor=${first.body.nextCursor}`);
    t.same(namesOf(first.body), ['Support', 'member', 'admin']);
    t.same(namesOf(second.body), ['owner']);
    t.equal(second.body.nextCursor, null);
  });

  await t.test('400: a query that is not valid', async (t) => {
    t.equal((await get('?limit=0')).body.code, 'validation_failed');
    t.equal((await get('?name=x')).body.code, 'validation_failed');
    t.equal((await get('?cursor=x')).body.code, 'invalid_cursor');
  });

  await t.test('403: without roles:read', async (t) => {
    const { token } = await addUser(api, account, ['users:read']);
    t.equal((await get('', token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get('', '')).status, 401);
  });
});
