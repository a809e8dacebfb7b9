import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('GET /roles/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const get = (id: string, token?: string) => api.request('GET', `/roles/${id}`, { token });
  const made = await api.request('POST', '/roles', {
    token: account.token,
    body: { name: 'Support', description: 'Reads.', permissions: ['users:read'] },
  });

  await t.test('200: the role with its ETag', async (t) => {
    const { status, body, headers } = await get(made.body.id, account.token);
    t.equal(status, 200);
    t.same(body, made.body);
    t.equal(headers.get('etag'), made.headers.get('etag'));
  });

  await t.test('404: of another tenant', async (t) => {
    const stranger = await signUp(api, 'B');
    const { status, body } = await get(made.body.id, stranger.token);
    t.equal(status, 404);
    t.equal(body.code, 'not_found');
  });

  await t.test('400: an id that is no UUID', async (t) => {
    t.equal((await get('owner', account.token)).body.code, 'validation_failed');
  });

  await t.test('403: without roles:read', async (t) => {
    const { token } = await addUser(api, account, ['users:read']);
    t.equal((await get(made.body.id, token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get(made.body.id)).status, 401);
  });
});
