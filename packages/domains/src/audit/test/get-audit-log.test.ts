import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('GET /audit-logs/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const get = (id: string, token?: string) => api.request('GET', `/audit-logs/${id}`, { token });
  const trail = await api.request('GET', '/audit-logs', { token: account.token });
  const [entry] = trail.body.data;

  await t.test('200: the entry as the list shows it', async (t) => {
    const { status, body } = await get(entry.id, account.token);
    t.equal(status, 200);
    t.same(body, entry);
  });

  await t.test('404: of another tenant', async (t) => {
    const stranger = await signUp(api, 'B');
    t.equal((await get(entry.id, stranger.token)).body.code, 'not_found');
  });

  await t.test('400: an id that is no UUID', async (t) => {
    t.equal((await get('1', account.token)).body.code, 'validation_failed');
  });

  await t.test('403: without audit:read', async (t) => {
    const { token } = await addUser(api, account, ['users:read']);
    t.equal((await get(entry.id, token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get(entry.id)).status, 401);
  });
});
