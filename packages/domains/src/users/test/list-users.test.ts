import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from './add-user.ts';

t.test('GET /users', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'Acme');
  const stranger = await signUp(api, 'Other');
  const get = (query = '', token: string | undefined = account.token) =>
    api.request('GET', `/users${query}`, { token });
  for (const name of ['Ada Lovelace', 'Alan Turing', '100% Grace']) {
    const email = `${name.split(' ')[0]?.replace('%', '')}@example.com`;
    await api.request('POST', '/users', { token: account.token, body: { email, name } });
  }
  const namesOf = (body: { data: { name: string }[] }) => body.data.map(({ name }) => name);
  const everybody = ['100% Grace', 'Alan Turing', 'Ada Lovelace', 'Acme owner'];

  await t.test('200: the people of the tenant alone, who joined last first', async (t) => {
    const { status, body } = await get();
    t.equal(status, 200);
    t.same(namesOf(body), everybody);
    t.equal(body.nextCursor, null);
    t.match(body.data.at(-1), {
      id: account.user.id,
      email: account.user.email,
      roles: [{ name: 'owner' }],
    });
    t.same(Object.keys(body.data[0].roles[0]), ['id', 'name'], 'no permissions leak out');
    t.same(namesOf((await get('', stranger.token)).body), ['Other owner']);
  });

  await t.test('200: pages meet without a gap, also when somebody on them leaves', async (t) => {
    const first = await get('?limit=2');
    t.same(namesOf(first.body), everybody.slice(0, 2));
    const leaver = await addUser(api, account, ['*:read']);
    const path = `/users/${leaver.id}`;
    t.equal((await api.request('DELETE', path, { token: account.token })).status, 204);
    const second = await get(`?limit=2&cursor=${first.body.nextCursor}`);
    t.same(namesOf(second.body), everybody.slice(2));
    t.equal(second.body.nextCursor, null);
  });

  await t.test('200: search finds how the name or the e-mail begins, in any case', async (t) => {
    t.same(namesOf((await get('?search=ADA')).body), ['Ada Lovelace']);
    t.same(namesOf((await get('?search=alan@')).body), ['Alan Turing']);
    t.same(namesOf((await get('?search=lovelace')).body), []);
    t.same(namesOf((await get('?search=100%25')).body), ['100% Grace']);
    t.same(namesOf((await get('?search=%25')).body), [], 'no pattern of SQL');
  });

  await t.test('400: a query that is not valid', async (t) => {
    const bad = ['?limit=0', '?limit=101', '?limit=ten', '?page=2', `?search=${'x'.repeat(201)}`];
    for (const query of bad) {
      const { status, body } = await get(query);
      t.equal(status, 400, query);
      t.equal(body.code, 'validation_failed', query);
    }
    const { status, body } = await get('?cursor=bm90LWFuLWlk');
    t.equal(status, 400);
    t.equal(body.code, 'invalid_cursor');
    t.equal((await get('?search=%00')).body.code, 'invalid_text');
  });

  await t.test('403: without users:read', async (t) => {
    const { token } = await addUser(api, stranger, ['roles:read']);
    t.equal((await get('', token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get('', '')).status, 401);
  });
});
