import { type Api, startApi } from '@trellis/test/api';
import { noticesTo } from '@trellis/test/mail';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { guessUntilHeld } from './guess-until-held.ts';
import { throttleOf, unblock } from './log-in.ts';
import { trailOf } from './person.ts';
import { codeOf, enableMfa, forgetUsedSteps, wrongCodeOf, wrongCodesOf } from './second-factor.ts';

t.test('POST /auth/login with a second factor', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '100' } });
  const second = await startApi(t, { beside: api });
  const login = (email: string, code?: unknown, server: Api = api) =>
    server.request('POST', '/auth/login', { body: { email, password, code } });
  const atOnce = async (email: string, code: string, count = 10) => {
    const replies = await Promise.all(
      Array.from({ length: count }, (_, n) => login(email, code, n % 2 ? api : second)),
    );
    return replies.map(({ status, body }) => body.code ?? status).sort();
  };

  await t.test('200: with the code that the app shows', async (t) => {
    const account = await signUp(api);
    const { secret } = await enableMfa(api, account);
    const { status, body } = await login(account.user.email, codeOf(secret, 1));
    t.equal(status, 200);
    t.same(body.user, account.user);
    const me = await api.request('GET', '/auth/me', { token: body.accessToken });
    t.equal(me.body.user.mfaEnabled, true);
  });

  await t.test('200: `code` is not looked at without a second factor', async (t) => {
    const { user } = await signUp(api);
    t.equal((await login(user.email, '123456')).status, 200);
  });

  await t.test(
    '200: with a recovery code, which is told to the person and the trail',
    async (t) => {
      const account = await signUp(api);
      const { recoveryCodes } = await enableMfa(api, account);
      const code = String(recoveryCodes[0]);
      t.equal((await login(account.user.email, code.toLowerCase())).status, 200);
      const [, notice] = await noticesTo(api, account.user.email);
      t.equal(notice, 'A recovery code was used to log in');
      const trail = await trailOf(api, account, 'user.recovery_code_used');
      t.match(trail, [{ actorId: account.user.id, resourceId: account.user.id, after: null }]);
    },
  );

  await t.test('401: without a code; the password alone opens no session', async (t) => {
    const account = await signUp(api);
    await enableMfa(api, account);
    const { status, body } = await login(account.user.email);
    t.equal(status, 401);
    t.equal(body.code, 'mfa_required');
    t.notOk(body.accessToken);
    t.notOk(await throttleOf(api, account.user.email).then((row) => row?.failures));
  });

  await t.test('401: a wrong password is not told from one without a factor', async (t) => {
    const account = await signUp(api);
    const { secret } = await enableMfa(api, account);
    const reply = await api.request('POST', '/auth/login', {
      body: { email: account.user.email, password: 'a wrong guess', code: codeOf(secret, 1) },
    });
    t.equal(reply.body.code, 'invalid_credentials');
    t.equal(
      (await login(account.user.email, codeOf(secret, 1))).status,
      200,
      'nothing was used up',
    );
  });

  await t.test('401: a code is wrong, old, or was used before', async (t) => {
    const account = await signUp(api);
    const { email, id } = account.user;
    const { secret, usedCode, recoveryCodes } = await enableMfa(api, account);
    const wrong = [
      usedCode,
      wrongCodeOf(secret),
      codeOf(secret, -1),
      codeOf(secret, 4),
      'AAAA-BBBB-CCCC-DDDD',
    ];
    for (const code of wrong) {
      const { status, body } = await login(email, code);
      t.equal(status, 401);
      t.equal(body.code, 'mfa_code_invalid');
    }
    t.equal(await wrongCodesOf(api, id), wrong.length, 'each counts as a failure');
    t.equal(await throttleOf(api, email), undefined, 'not as one of the password');
    const next = codeOf(secret, 1);
    t.equal((await login(email, next)).status, 200);
    t.equal(await wrongCodesOf(api, id), 0, 'a right one forgets them');
    t.equal((await login(email, next)).body.code, 'mfa_code_invalid');
    t.equal((await login(email, recoveryCodes[1])).status, 200);
    t.equal((await login(email, recoveryCodes[1])).body.code, 'mfa_code_invalid');
    await forgetUsedSteps(api, id);
    t.equal((await login(email, codeOf(secret))).status, 200);
  });

  await t.test('401: one code logs in once, also ten times at once in two processes', async (t) => {
    const account = await signUp(api);
    const { secret, recoveryCodes } = await enableMfa(api, account);
    for (const code of [codeOf(secret, 1), ...recoveryCodes.slice(0, 2)]) {
      const outcomes = await atOnce(account.user.email, code);
      t.same(outcomes, [200, ...Array(9).fill('mfa_code_invalid')]);
    }
  });

  await t.test('403: a log-in that is refused for its tenant uses no code up', async (t) => {
    const account = await signUp(api);
    const other = await signUp(api, 'Other');
    const { recoveryCodes } = await enableMfa(api, account);
    const refused = await api.request('POST', '/auth/login', {
      body: {
        email: account.user.email,
        password,
        tenantId: other.tenant.id,
        code: recoveryCodes[0],
      },
    });
    t.equal(refused.body.code, 'no_membership');
    t.equal((await login(account.user.email, recoveryCodes[0])).status, 200);
  });

  await t.test('429: guesses of the code are held back', async (t) => {
    const strict = await startApi(t, { env: { LOGIN_FAILURES_FREE: '3' } });
    const account = await signUp(strict);
    const { secret } = await enableMfa(strict, account);
    const { email } = account.user;
    const before = await guessUntilHeld(strict, () => login(email, wrongCodeOf(secret), strict));
    t.same(before.slice(0, 3), [401, 401, 401]);
    const held = await login(email, codeOf(secret, 1), strict);
    t.equal(held.body.code, 'too_many_attempts');
    t.equal((await login(email, undefined, strict)).body.code, 'mfa_required');
    await unblock(strict, email);
    t.equal((await login(email, codeOf(secret, 1), strict)).status, 429, 'they wait on their own');
  });

  await t.test('400: a code that cannot be one', async (t) => {
    const { user } = await signUp(api);
    for (const code of ['', '12345', 123456, 'a'.repeat(65)]) {
      t.equal((await login(user.email, code)).body.code, 'validation_failed');
    }
  });
});
