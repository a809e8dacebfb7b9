import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { joinTenant } from '@trellis/test/join-tenant';
import { mailedToken, noticesTo, withoutMailServer } from '@trellis/test/mail';
import { password as oldPassword, signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { logIn } from '../../users/test/add-user.ts';
import { guessUntilHeld } from './guess-until-held.ts';
import { aMinuteLater, forgottenPasswordToken, statusOf, trailOf } from './person.ts';
import { codeOf, enableMfa, wrongCodeOf } from './second-factor.ts';
import { within } from './within.ts';

const password = 'another horse battery';

t.test('POST /auth/password/reset', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '3' } });
  const second = await startApi(t, { beside: api });
  await startWorker(t, api, withoutMailServer);
  const { db } = api.app.platform;
  const reset = (token: string, server = api) =>
    server.request('POST', '/auth/password/reset', { body: { token, password } });
  const tryLogin = (email: string, secret: string) =>
    api.request('POST', '/auth/login', { body: { email, password: secret } });

  const verifyEmail = async (email: string) => {
    const body = { token: await mailedToken(api, email, 'welcome') };
    t.equal((await api.request('POST', '/auth/email/verify', { body })).status, 204);
  };
  /** Of a mail that was asked for a minute after the one before. */
  const anotherToken = async (email: string, before: string): Promise<string> => {
    await aMinuteLater(api);
    await api.request('POST', '/auth/password/forgot', { body: { email } });
    return eventually(async () => {
      const token = await mailedToken(api, email, 'reset-password');
      return token === before ? undefined : token;
    });
  };

  await t.test('204: the new password works, the old one does not', async (t) => {
    const { user } = await signUp(api);
    const { status, body } = await reset(await forgottenPasswordToken(api, user.email));
    t.equal(status, 204);
    t.equal(body, undefined);
    t.equal((await tryLogin(user.email, oldPassword)).body.code, 'invalid_credentials');
    t.equal((await tryLogin(user.email, password)).status, 200);
  });

  await t.test('204: ends every session in every tenant and every process', async (t) => {
    const account = await signUp(api, 'Home');
    const other = await signUp(api, 'Other');
    await joinTenant(api, other, account.user.id);
    const there = await logIn(api, account.user.email, other.tenant.id);
    for (const { token } of [account, there]) {
      t.equal(await statusOf(api, token), 200);
      t.equal(await statusOf(second, token), 200);
    }
    await reset(await forgottenPasswordToken(api, account.user.email));
    for (const { token, refreshToken } of [account, there]) {
      t.equal(await statusOf(api, token), 401, 'here at once');
      t.ok(await within(1_000, async () => (await statusOf(second, token)) === 401));
      const refreshed = await second.request('POST', '/auth/refresh', { body: { refreshToken } });
      t.equal(refreshed.body.code, 'refresh_token_invalid');
    }
    t.equal(await statusOf(api, other.token), 200, 'those of other people stay');
  });

  await t.test('204: is told to the person, and to the trail of each tenant', async (t) => {
    const account = await signUp(api, 'Trail');
    const other = await signUp(api, 'Beside');
    await joinTenant(api, other, account.user.id);
    await reset(await forgottenPasswordToken(api, account.user.email));
    t.same(await noticesTo(api, account.user.email), ['Your password was reset']);
    const again = await tryLogin(account.user.email, password);
    for (const token of [again.body.accessToken, other.token]) {
      t.match(await trailOf(api, { token }, 'user.password_reset'), [
        { actorId: account.user.id, resourceId: account.user.id, after: { sessionsEnded: 1 } },
      ]);
    }
  });

  await t.test('204: verifies the address that the link came to', async (t) => {
    const { user } = await signUp(api);
    await reset(await forgottenPasswordToken(api, user.email));
    const { body } = await tryLogin(user.email, password);
    const me = await api.request('GET', '/auth/me', { token: body.accessToken });
    t.equal(me.body.user.emailVerified, true);
  });

  await t.test('204: lets in at once whoever was held back by wrong guesses', async (t) => {
    const { user } = await signUp(api);
    while ((await tryLogin(user.email, 'a wrong guess')).status !== 429);
    await reset(await forgottenPasswordToken(api, user.email));
    t.equal((await tryLogin(user.email, password)).status, 200);
  });

  await t.test('204: forgets no wrong codes of the second factor', async (t) => {
    const account = await signUp(api);
    const { email } = account.user;
    await verifyEmail(email);
    const { secret } = await enableMfa(api, account);
    const enter = (code: string) =>
      api.request('POST', '/auth/login', { body: { email, password: oldPassword, code } });
    await guessUntilHeld(api, () => enter(wrongCodeOf(secret)));
    const token = await forgottenPasswordToken(api, email);
    await api.request('POST', '/auth/password/reset', { body: { token, password: oldPassword } });
    t.equal((await enter(codeOf(secret, 1))).body.code, 'too_many_attempts');
  });

  await t.test('204: the second factor stays, of an address that was verified', async (t) => {
    const account = await signUp(api);
    await verifyEmail(account.user.email);
    await enableMfa(api, account);
    await reset(await forgottenPasswordToken(api, account.user.email));
    t.equal((await tryLogin(account.user.email, password)).body.code, 'mfa_required');
  });

  await t.test('204: a second factor goes that was set up before the address was', async (t) => {
    const account = await signUp(api);
    const { email, id } = account.user;
    await enableMfa(api, account);
    await api.app.platform.db.querySystem(
      (sql) => sql`update users set email_verified_at = null where id = ${id} returning id`,
    );
    await reset(await forgottenPasswordToken(api, email));
    const { status, body } = await tryLogin(email, password);
    t.equal(status, 200, 'who signed up in the name of somebody else locks nobody out');
    t.same((await noticesTo(api, email)).slice(1), [
      'Your password was reset',
      'Two-factor authentication was turned off',
    ]);
    const trail = await trailOf(api, { token: body.accessToken }, 'user.mfa_disabled');
    t.match(trail, [{ actorId: id, resourceId: id }]);
  });

  await t.test('204: gives a password to a person who had none', async (t) => {
    const { token } = await signUp(api, 'Team');
    const email = 'without-password@example.com';
    await api.request('POST', '/users', { token, body: { email, name: 'Invited' } });
    t.equal((await reset(await forgottenPasswordToken(api, email))).status, 204);
    t.equal((await tryLogin(email, password)).status, 200);
  });

  await t.test('422: one token works once, also 20 times at once in two processes', async (t) => {
    const { user } = await signUp(api);
    const token = await forgottenPasswordToken(api, user.email);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => reset(token, n % 2 ? api : second)),
    );
    const statuses = replies.map(({ status }) => status).sort();
    t.same(statuses, [204, ...Array(19).fill(422)]);
    t.equal((await reset(token)).body.code, 'token_invalid');
    t.same(await noticesTo(api, user.email), ['Your password was reset']);
  });

  await t.test('204: a link works although somebody else asked for more of them', async (t) => {
    const { user } = await signUp(api);
    const first = await forgottenPasswordToken(api, user.email);
    let newest = first;
    for (let more = 0; more < 3; more++) newest = await anotherToken(user.email, newest);
    t.equal((await reset(first)).status, 204);
    t.equal((await reset(newest)).body.code, 'token_invalid', 'then all others are void');
  });

  await t.test('422: of many links the newest ten are kept', async (t) => {
    const { user } = await signUp(api);
    const first = await forgottenPasswordToken(api, user.email);
    await db.asSystem(
      (tx) => tx.sql`insert into one_time_tokens (id, kind, user_id, token_hash, expires_at)
        select gen_random_uuid(), 'reset_password', ${user.id}, gen_random_uuid()::text,
          now() + interval '1 hour' from generate_series(1, 9)`,
    );
    const newest = await anotherToken(user.email, first);
    const [row] = await db.asSystem(
      (tx) => tx.sql`select count(*)::int as links from one_time_tokens
        where user_id = ${user.id} and kind = 'reset_password'`,
    );
    t.equal(row?.links, 10);
    t.equal((await reset(first)).body.code, 'token_invalid');
    t.equal((await reset(newest)).status, 204);
  });

  await t.test('422: a token that is unknown, expired or of another kind', async (t) => {
    const { user } = await signUp(api);
    const newer = await forgottenPasswordToken(api, user.email);
    const welcome = await mailedToken(api, user.email, 'welcome');
    for (const token of [welcome, 'no such token']) {
      const { status, body } = await reset(token);
      t.equal(status, 422);
      t.equal(body.code, 'token_invalid');
    }
    await db.asSystem(
      (tx) => tx.sql`update one_time_tokens set expires_at = now() where user_id = ${user.id}`,
    );
    t.equal((await reset(newer)).body.code, 'token_invalid');
    t.equal((await tryLogin(user.email, oldPassword)).status, 200, 'nothing has changed');
  });

  await t.test('422: a person who was disabled since, whose password stays', async (t) => {
    const { user } = await signUp(api);
    const token = await forgottenPasswordToken(api, user.email);
    const set = (value: string) =>
      db.asSystem((tx) =>
        tx.sql.unsafe(`update users set disabled_at = ${value} where id = '${user.id}'`),
      );
    await set('now()');
    t.equal((await reset(token)).body.code, 'token_invalid');
    await set('null');
    t.equal((await tryLogin(user.email, oldPassword)).status, 200);
  });

  await t.test('400: a body that is not valid', async (t) => {
    const bad = [{}, { token: 'a' }, { token: '', password }, { token: 'a', password: 'short' }];
    for (const body of [
      ...bad,
      { token: 'a'.repeat(129), password },
      { token: 'a', password, x: 1 },
    ]) {
      const reply = await api.request('POST', '/auth/password/reset', { body });
      t.equal(reply.status, 400);
      t.equal(reply.body.code, 'validation_failed');
    }
  });
});
