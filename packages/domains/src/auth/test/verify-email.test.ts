import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { mailedToken } from '@trellis/test/mail';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { trailOf } from './person.ts';

t.test('POST /auth/email/verify', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const { db } = api.app.platform;
  const verify = (token: unknown, server = api) =>
    server.request('POST', '/auth/email/verify', { body: { token } });
  const isVerified = async (token: string) =>
    (await api.request('GET', '/auth/me', { token })).body.user.emailVerified;

  await t.test('204: the address counts as verified, of this person alone', async (t) => {
    const account = await signUp(api);
    const other = await signUp(api);
    t.equal(await isVerified(account.token), false);
    const { status, body } = await verify(await mailedToken(api, account.user.email, 'welcome'));
    t.equal(status, 204);
    t.equal(body, undefined);
    t.equal(await isVerified(account.token), true);
    t.equal(await isVerified(other.token), false);
  });

  await t.test('204: the trail of each tenant of the person tells', async (t) => {
    const account = await signUp(api);
    const other = await signUp(api, 'Other');
    await joinTenant(api, other, account.user.id);
    await verify(await mailedToken(api, account.user.email, 'welcome'));
    for (const one of [account, other]) {
      t.match(await trailOf(api, one, 'user.email_verified'), [
        { actorId: account.user.id, resourceType: 'user', resourceId: account.user.id },
      ]);
    }
  });

  await t.test('422: one token works once, also 20 times at once in two processes', async (t) => {
    const account = await signUp(api);
    const token = await mailedToken(api, account.user.email, 'welcome');
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => verify(token, n % 2 ? api : second)),
    );
    const statuses = replies.map(({ status }) => status).sort();
    t.same(statuses, [204, ...Array(19).fill(422)]);
    t.equal((await trailOf(api, account, 'user.email_verified')).length, 1);
  });

  await t.test(
    '422: a token that is unknown or expired, or whose person is disabled',
    async (t) => {
      const { token: session, user } = await signUp(api);
      const token = await mailedToken(api, user.email, 'welcome');
      const { status, body } = await verify('no such token');
      t.equal(status, 422);
      t.equal(body.code, 'token_invalid');
      const during = async (column: string, table: string, key: string) => {
        const set = (value: string) =>
          db.asSystem((tx) =>
            tx.sql.unsafe(`update ${table} set ${column} = ${value} where ${key} = '${user.id}'`),
          );
        await set('now()');
        const reply = await verify(token);
        await set(column === 'disabled_at' ? 'null' : `now() + interval '1 hour'`);
        return reply.body.code;
      };
      t.equal(await during('disabled_at', 'users', 'id'), 'token_invalid');
      t.equal(await during('expires_at', 'one_time_tokens', 'user_id'), 'token_invalid');
      t.equal(await isVerified(session), false);
      t.equal((await verify(token)).status, 204, 'nothing was used up');
    },
  );

  await t.test('400: a body that is not valid', async (t) => {
    for (const token of [undefined, '', 7, 'a'.repeat(129)]) {
      t.equal((await verify(token)).body.code, 'validation_failed');
    }
    const { status } = await api.request('POST', '/auth/email/verify', {
      body: { token: 'a', email: 'ada@example.com' },
    });
    t.equal(status, 400);
  });
});
