import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import type { ApiKeyReply } from '../schemas.ts';
import { createKey } from './create-key.ts';

t.test('GET /api-keys and GET /api-keys/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { token } = account;
  const get = (path: string, credential?: string) =>
    api.request('GET', path, { token: credential });
  const keys: ApiKeyReply[] = [];
  for (const name of ['One', 'Two', 'Three']) {
    const { key: _, ...rest } = await createKey(api, token, ['users:read'], { name });
    keys.unshift(rest);
  }

  await t.test('200: the newest first, without the keys themselves', async (t) => {
    const { status, body } = await get('/api-keys', token);
    t.equal(status, 200);
    t.same(body, { data: keys, nextCursor: null });
  });

  await t.test('200: page by page', async (t) => {
    const first = await get('/api-keys?limit=2', token);
    t.same(first.body.data, keys.slice(0, 2));
    const second = await get(`/api-keys?limit=2&cursor=${first.body.nextCursor}`, token);
    t.same(second.body, { data: keys.slice(2), nextCursor: null });
  });

  await t.test('200: those of the tenant alone', async (t) => {
    const stranger = await signUp(api, 'Other');
    t.same((await get('/api-keys', stranger.token)).body, { data: [], nextCursor: null });
  });

  await t.test('200: one of them', async (t) => {
    const { status, body } = await get(`/api-keys/${keys[1]?.id}`, token);
    t.equal(status, 200);
    t.same(body, keys[1]);
  });

  await t.test('404: one that is not there', async (t) => {
    t.equal((await get(`/api-keys/${account.user.id}`, token)).body.code, 'not_found');
  });

  await t.test('400: a page or an id that is none', async (t) => {
    for (const path of ['/api-keys?limit=0', '/api-keys?cursor=x', '/api-keys/x']) {
      t.equal((await get(path, token)).status, 400, path);
    }
  });

  await t.test('403: without api-keys:read, and 401 without a credential', async (t) => {
    const other = await addUser(api, account, ['users:read']);
    for (const path of ['/api-keys', `/api-keys/${keys[0]?.id}`]) {
      t.equal((await get(path, other.token)).body.code, 'forbidden');
      t.equal((await get(path)).body.code, 'unauthenticated');
    }
  });
});
