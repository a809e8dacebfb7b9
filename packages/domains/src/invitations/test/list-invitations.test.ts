import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { accept, expire, type Invited, invite } from './invite.ts';

t.test('GET /invitations', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'Acme');
  const stranger = await signUp(api, 'Other');
  const get = (query = '', token: string | undefined = account.token) =>
    api.request('GET', `/invitations${query}`, { token });
  const invited: Invited[] = [];
  for (let count = 0; count < 4; count++) invited.unshift(await invite(api, account));
  const emails = invited.map(({ email }) => email);
  const emailsOf = (body: { data: { email: string }[] }) => body.data.map(({ email }) => email);

  await t.test('200: those of the tenant alone, the newest first', async (t) => {
    const { status, body } = await get();
    t.equal(status, 200);
    t.same(emailsOf(body), emails);
    t.equal(body.nextCursor, null);
    t.same((await get('', stranger.token)).body.data, []);
  });

  await t.test('200: pages meet without a gap', async (t) => {
    const first = await get('?limit=3');
    t.same(emailsOf(first.body), emails.slice(0, 3));
    const second = await get(`?limit=3&cursor=${first.body.nextCursor}`);
    t.same(emailsOf(second.body), emails.slice(3));
    t.equal(second.body.nextCursor, null);
  });

  await t.test('200: without those that were accepted or have expired', async (t) => {
    const [, accepted, expired] = invited;
    const person = { name: 'Grace Hopper', password: 'another long password' };
    await accept(api, { token: accepted?.token, ...person });
    await expire(api, expired?.id ?? '');
    t.same(emailsOf((await get()).body), [emails[0], emails[3]]);
  });

  await t.test('400: a query that is not valid', async (t) => {
    for (const query of ['?limit=0', '?limit=101', '?email=x']) {
      t.equal((await get(query)).body.code, 'validation_failed', query);
    }
    t.equal((await get('?cursor=x')).body.code, 'invalid_cursor');
  });

  await t.test('401 and 403: without a token, without users:read', async (t) => {
    t.equal((await get('', '')).status, 401);
    const { token } = await addUser(api, stranger, ['users:write']);
    t.equal((await get('', token)).body.code, 'forbidden');
  });
});
