import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from './add-user.ts';

t.test('PATCH /users/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const patch = (id: string, body: unknown, token?: string) =>
    api.request('PATCH', `/users/${id}`, { token, body });

  await t.test('200: renames, and audits the person before and after', async (t) => {
    const user = await addUser(api, account, ['*:read']);
    const before = await api.request('GET', `/users/${user.id}`, { token: account.token });
    const { status, body } = await patch(user.id, { name: 'Ada King' }, account.token);
    t.equal(status, 200);
    t.same(body, { ...before.body, name: 'Ada King' });
    const after = await api.request('GET', `/users/${user.id}`, { token: account.token });
    t.same(after.body, body);
    const trail = await api.request('GET', `/audit-logs?action=user.updated`, {
      token: account.token,
    });
    t.same(trail.body.data[0].before, before.body);
    t.same(trail.body.data[0].after, after.body);
  });

  await t.test('404: a person of another tenant is not changed', async (t) => {
    const stranger = await signUp(api, 'Other');
    const { status, body } = await patch(account.user.id, { name: 'Mallory' }, stranger.token);
    t.equal(status, 404);
    t.equal(body.code, 'not_found');
    const me = await api.request('GET', '/auth/me', { token: account.token });
    t.equal(me.body.user.name, account.user.name);
  });

  await t.test('400: a body or an id that is not valid', async (t) => {
    const { id } = account.user;
    const bad = [{}, { name: '' }, { name: ' ' }, { name: 7 }, { name: 'Ada', email: 'a@b.de' }];
    for (const body of bad) {
      t.equal((await patch(id, body, account.token)).body.code, 'validation_failed');
    }
    t.equal((await patch(id, { name: 'a\u0000b' }, account.token)).body.code, 'invalid_text');
    t.equal((await patch('1', { name: 'Ada' }, account.token)).status, 400);
  });

  await t.test('403: without users:write', async (t) => {
    const { id, token } = await addUser(api, account, ['*:read']);
    t.equal((await patch(id, { name: 'Ada' }, token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await patch(account.user.id, { name: 'Ada' })).status, 401);
  });
});
