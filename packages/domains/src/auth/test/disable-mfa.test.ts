import { startApi } from '@trellis/test/api';
import { noticesTo } from '@trellis/test/mail';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { guessUntilHeld } from './guess-until-held.ts';
import { keyOf } from './key-of.ts';
import { logIn } from './log-in.ts';
import { trailOf } from './person.ts';
import { codeOf, enableMfa, verifyAddress, wrongCodeOf } from './second-factor.ts';

t.test('POST /auth/mfa/disable', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '3' } });
  const disable = (token: string | undefined, body: unknown) =>
    api.request('POST', '/auth/mfa/disable', { token, body });
  const isEnabled = async (token: string) =>
    (await api.request('GET', '/auth/me', { token })).body.user.mfaEnabled;

  await t.test('204: with the password and a code, of the app or for recovery', async (t) => {
    for (const kind of ['app', 'recovery'] as const) {
      const account = await signUp(api);
      const { token, user } = account;
      const { secret, recoveryCodes } = await enableMfa(api, account);
      const code = kind === 'app' ? codeOf(secret, 1) : String(recoveryCodes[3]);
      const { status, body } = await disable(token, { password, code });
      t.equal(status, 204);
      t.equal(body, undefined);
      t.equal(await isEnabled(token), false);
      t.equal((await logIn(api, user.email, password)).status, 200);
      const [, notice] = await noticesTo(api, user.email);
      t.equal(notice, 'Two-factor authentication was turned off');
      const trail = await trailOf(api, account, 'user.mfa_disabled');
      t.match(trail, [{ actorId: user.id, resourceId: user.id, after: null }]);
    }
  });

  await t.test('422: it takes both, and each of them right', async (t) => {
    const account = await signUp(api);
    const { secret } = await enableMfa(api, account);
    const code = codeOf(secret, 1);
    const wrongPassword = await disable(account.token, { password: 'not the password', code });
    t.equal(wrongPassword.status, 422);
    t.equal(wrongPassword.body.code, 'password_wrong');
    const wrongCode = await disable(account.token, { password, code: wrongCodeOf(secret) });
    t.equal(wrongCode.status, 422);
    t.equal(wrongCode.body.code, 'mfa_code_wrong');
    t.equal(await isEnabled(account.token), true);
    t.equal((await disable(account.token, { password, code })).status, 204, 'no code was used up');
  });

  await t.test('422: a code that was used before', async (t) => {
    const account = await signUp(api);
    const { secret } = await enableMfa(api, account);
    const { body } = await disable(account.token, { password, code: codeOf(secret, -1) });
    t.equal(body.code, 'mfa_code_wrong', 'or is older than one that was');
  });

  await t.test('429: wrong codes count with those of log-in', async (t) => {
    const account = await signUp(api);
    const { secret } = await enableMfa(api, account);
    const wrong = wrongCodeOf(secret);
    const before = await guessUntilHeld(api, () =>
      disable(account.token, { password, code: wrong }),
    );
    t.same(before.slice(0, 3), [422, 422, 422]);
    const held = await disable(account.token, { password, code: codeOf(secret, 1) });
    t.equal(held.body.code, 'too_many_attempts');
    const entering = { email: account.user.email, password, code: codeOf(secret, 1) };
    const entered = await api.request('POST', '/auth/login', { body: entering });
    t.equal(entered.body.code, 'too_many_attempts');
    const withoutCode = await logIn(api, account.user.email, password);
    t.equal(withoutCode.body.code, 'mfa_required', 'the password was right each time');
  });

  await t.test('429: a right password forgets no wrong codes', async (t) => {
    const account = await signUp(api);
    const { secret } = await enableMfa(api, account);
    const { token } = account;
    const change = { currentPassword: password, newPassword: password };
    const before = await guessUntilHeld(api, async () => {
      const right = await api.request('POST', '/auth/password/change', { token, body: change });
      t.equal(right.status, 204);
      return disable(token, { password, code: wrongCodeOf(secret) });
    });
    t.same(before.slice(0, 3), [422, 422, 422]);
  });

  await t.test('429: wrong passwords count with those of log-in', async (t) => {
    const account = await signUp(api);
    const { secret } = await enableMfa(api, account);
    const code = codeOf(secret, 1);
    const before = await guessUntilHeld(api, () =>
      disable(account.token, { password: 'not the password', code }),
    );
    t.same(before.slice(0, 3), [422, 422, 422]);
    t.equal((await logIn(api, account.user.email, password)).status, 429);
  });

  await t.test('409: when it is not on', async (t) => {
    const { token } = await signUp(api);
    const { status, body } = await disable(token, { password, code: '123456' });
    t.equal(status, 409);
    t.equal(body.code, 'mfa_not_enabled');
    await verifyAddress(api, token);
    const { secret } = (await api.request('POST', '/auth/mfa/setup', { token, body: { password } }))
      .body;
    const pending = await disable(token, { password, code: codeOf(secret) });
    t.equal(pending.body.code, 'mfa_not_enabled', 'also when it is only set up');
  });

  await t.test('401 without a token, 403 for an API key', async (t) => {
    const body = { password, code: '123456' };
    t.equal((await disable(undefined, body)).body.code, 'unauthenticated');
    const reply = await disable(await keyOf(api, await signUp(api)), body);
    t.equal(reply.status, 403);
    t.equal(reply.body.code, 'session_required');
  });

  await t.test('400: a body that is not valid', async (t) => {
    const { token } = await signUp(api);
    const bad = [{}, { password }, { code: '123456' }, { password: '', code: '123456' }];
    for (const body of [...bad, { password, code: '123' }, { password, code: '123456', id: 1 }]) {
      t.equal((await disable(token, body)).body.code, 'validation_failed');
    }
  });
});
