import { randomUUID } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { upload } from './upload.ts';

t.test('GET /files', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { token } = account;
  const names = ['report 1.txt', 'Report 2.csv', 'invoice.txt', 'notes 100%.txt'];
  for (const name of names) await upload(api, account, 'some text', { name });
  const list = async (query: string) => {
    const { status, body } = await api.request('GET', `/files?${query}`, { token });
    t.equal(status, 200, query);
    return body;
  };
  const namesOf = async (query: string): Promise<string[]> =>
    (await list(query)).data.map(({ name }: { name: string }) => name);

  await t.test('200: the newest first, page by page', async (t) => {
    t.same(await namesOf(''), names.toReversed());
    const first = await list('limit=3');
    const second = await list(`limit=3&cursor=${first.nextCursor}`);
    t.same([first.data.length, second.data.length, second.nextCursor], [3, 1, null]);
  });

  await t.test('200: by how the name begins, and by type', async (t) => {
    t.same(await namesOf('name=rePORT'), ['Report 2.csv', 'report 1.txt']);
    t.same(await namesOf('name=notes%20100%25'), ['notes 100%.txt']);
    t.same(await namesOf('name=%25'), [], 'no pattern');
    t.same(await namesOf('contentType=text/csv'), ['Report 2.csv']);
    t.same(await namesOf('name=report&contentType=text/plain'), ['report 1.txt']);
  });

  await t.test('200: a tenant sees its own only', async (t) => {
    const stranger = await signUp(api);
    const { body } = await api.request('GET', '/files', { token: stranger.token });
    t.same(body.data, []);
  });

  await t.test('400, 401, 403: what is wrong, and who may not', async (t) => {
    for (const query of ['limit=0', 'limit=101', 'cursor=a', 'size=1', `name=${'a'.repeat(256)}`]) {
      t.equal((await api.request('GET', `/files?${query}`, { token })).status, 400, query);
    }
    t.equal((await api.request('GET', '/files')).status, 401);
    const user = await addUser(api, account, ['files:write']);
    t.equal((await api.request('GET', '/files', { token: user.token })).status, 403);
  });
});

t.test('GET /files/:id: 400, 401, 403 and 404', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { token } = account;
  const { body: file } = await upload(api, account, 'a');
  t.equal((await api.request('GET', `/files/${file.id}`, { token })).status, 200);
  t.equal((await api.request('GET', '/files/1', { token })).status, 400);
  t.equal((await api.request('GET', `/files/${file.id}`)).status, 401);
  const user = await addUser(api, account, ['files:write']);
  t.equal((await api.request('GET', `/files/${file.id}`, { token: user.token })).status, 403);
  const missing = await api.request('GET', `/files/${randomUUID()}`, { token });
  t.match({ status: missing.status, code: missing.body.code }, { status: 404, code: 'not_found' });
});
