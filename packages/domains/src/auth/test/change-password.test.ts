import { type Api, startApi } from '@trellis/test/api';
import { noticesTo, withoutMailServer } from '@trellis/test/mail';
import { password as currentPassword, signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { logIn } from '../../users/test/add-user.ts';
import { guessUntilHeld } from './guess-until-held.ts';
import { keyOf } from './key-of.ts';
import { forgottenPasswordToken, statusOf, trailOf } from './person.ts';
import { within } from './within.ts';

const newPassword = 'another horse battery';

t.test('POST /auth/password/change', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '3' } });
  const second = await startApi(t, { beside: api });
  const change = (token: string | undefined, body: unknown, server: Api = api) =>
    server.request('POST', '/auth/password/change', { token, body });
  const tryLogin = (email: string, password: string) =>
    api.request('POST', '/auth/login', { body: { email, password } });

  await t.test('204: keeps this session and ends all others, in every process', async (t) => {
    const account = await signUp(api);
    const other = await logIn(api, account.user.email, account.tenant.id);
    t.equal(await statusOf(second, other.token), 200);
    t.equal((await change(account.token, { currentPassword, newPassword })).status, 204);
    t.equal(await statusOf(api, account.token), 200);
    t.equal(await statusOf(api, other.token), 401, 'here at once');
    t.ok(await within(1_000, async () => (await statusOf(second, other.token)) === 401));
    t.equal((await tryLogin(account.user.email, currentPassword)).status, 401);
    t.equal((await tryLogin(account.user.email, newPassword)).status, 200);
  });

  await t.test('204: is told to the person and to the trail', async (t) => {
    const account = await signUp(api);
    await change(account.token, { currentPassword, newPassword });
    t.same(await noticesTo(api, account.user.email), ['Your password was changed']);
    const trail = await trailOf(api, account, 'user.password_changed');
    t.match(trail, [{ actorId: account.user.id, resourceId: account.user.id }]);
    t.same(trail[0].after, { sessionsEnded: 0 });
  });

  await t.test('204: a link that was mailed before resets nothing any more', async (t) => {
    await startWorker(t, api, withoutMailServer);
    const { token, user } = await signUp(api);
    const link = await forgottenPasswordToken(api, user.email);
    await change(token, { currentPassword, newPassword });
    const { body } = await api.request('POST', '/auth/password/reset', {
      body: { token: link, password: currentPassword },
    });
    t.equal(body.code, 'token_invalid');
  });

  await t.test('422: a wrong password changes nothing', async (t) => {
    const account = await signUp(api);
    const other = await logIn(api, account.user.email, account.tenant.id);
    const { status, body } = await change(account.token, {
      currentPassword: 'not the password',
      newPassword,
    });
    t.equal(status, 422);
    t.equal(body.code, 'password_wrong');
    t.equal(await statusOf(api, other.token), 200);
    t.equal((await tryLogin(account.user.email, currentPassword)).status, 200);
  });

  await t.test('422: of changes at once one succeeds', async (t) => {
    const { token, user } = await signUp(api);
    const passwords = Array.from({ length: 6 }, (_, n) => `horse battery number ${n}`);
    const replies = await Promise.all(
      passwords.map((next, n) =>
        change(token, { currentPassword, newPassword: next }, n % 2 ? api : second),
      ),
    );
    const changed = passwords.filter((_, n) => replies[n]?.status === 204);
    t.equal(changed.length, 1);
    t.equal((await tryLogin(user.email, String(changed[0]))).status, 200);
  });

  await t.test('429: wrong passwords count as those of log-in do', async (t) => {
    const { token, user } = await signUp(api);
    const before = await guessUntilHeld(api, () =>
      change(token, { currentPassword: 'not the password', newPassword }),
    );
    t.same(before.slice(0, 3), [422, 422, 422]);
    const held = await change(token, { currentPassword, newPassword });
    t.equal(held.body.code, 'too_many_attempts');
    t.match(held.headers.get('retry-after'), /^\d+$/);
    t.equal((await tryLogin(user.email, currentPassword)).status, 429);
  });

  await t.test('401 without a token, 403 for an API key', async (t) => {
    const body = { currentPassword, newPassword };
    t.equal((await change(undefined, body)).body.code, 'unauthenticated');
    const reply = await change(await keyOf(api, await signUp(api)), body);
    t.equal(reply.status, 403);
    t.equal(reply.body.code, 'session_required');
  });

  await t.test('400: a body that is not valid', async (t) => {
    const { token } = await signUp(api);
    const bad = [
      {},
      { currentPassword },
      { newPassword },
      { currentPassword, newPassword: 'short' },
    ];
    for (const body of [...bad, { currentPassword, newPassword, tenantId: 'a' }]) {
      t.equal((await change(token, body)).body.code, 'validation_failed');
    }
  });
});
