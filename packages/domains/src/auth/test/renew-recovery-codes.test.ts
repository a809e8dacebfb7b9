import { startApi } from '@trellis/test/api';
import { noticesTo } from '@trellis/test/mail';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { guessUntilHeld } from './guess-until-held.ts';
import { keyOf } from './key-of.ts';
import { throttleOf } from './log-in.ts';
import { trailOf } from './person.ts';
import { codeOf, enableMfa, wrongCodeOf } from './second-factor.ts';

t.test('POST /auth/mfa/recovery-codes', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '3' } });
  const renew = (token: string | undefined, body: unknown) =>
    api.request('POST', '/auth/mfa/recovery-codes', { token, body });
  const logInWith = (email: string, code: string) =>
    api.request('POST', '/auth/login', { body: { email, password, code } });

  await t.test('200: ten new codes, and those of before stop working', async (t) => {
    const account = await signUp(api);
    const { email } = account.user;
    const { secret, recoveryCodes } = await enableMfa(api, account);
    const { status, body } = await renew(account.token, { code: codeOf(secret, 1) });
    t.equal(status, 200);
    t.same(Object.keys(body), ['recoveryCodes']);
    const all = new Set([...recoveryCodes, ...body.recoveryCodes]);
    t.equal(all.size, 20);
    t.equal((await logInWith(email, String(recoveryCodes[0]))).body.code, 'mfa_code_invalid');
    t.equal((await logInWith(email, body.recoveryCodes[0])).status, 200);
  });

  await t.test('200: also with a recovery code; told to the person and the trail', async (t) => {
    const account = await signUp(api);
    const { recoveryCodes } = await enableMfa(api, account);
    const { status, body } = await renew(account.token, { code: recoveryCodes[9] });
    t.equal(status, 200);
    const [, notice] = await noticesTo(api, account.user.email);
    t.equal(notice, 'New recovery codes were made');
    const trail = await trailOf(api, account, 'user.recovery_codes_renewed');
    t.match(trail, [{ actorId: account.user.id, resourceId: account.user.id, after: null }]);
    for (const code of body.recoveryCodes) t.notOk(JSON.stringify(trail).includes(code));
  });

  await t.test('200: forgets no wrong guesses of the password', async (t) => {
    const account = await signUp(api);
    const { email } = account.user;
    const { secret } = await enableMfa(api, account);
    await api.request('POST', '/auth/login', { body: { email, password: 'a wrong guess' } });
    t.equal((await throttleOf(api, email))?.failures, 1);
    t.equal((await renew(account.token, { code: codeOf(secret, 1) })).status, 200);
    t.equal((await throttleOf(api, email))?.failures, 1);
  });

  await t.test(
    '422, then 429: a wrong code changes nothing, and few are let through',
    async (t) => {
      const account = await signUp(api);
      const { secret, recoveryCodes } = await enableMfa(api, account);
      const code = wrongCodeOf(secret);
      const first = await renew(account.token, { code });
      t.equal(first.status, 422);
      t.equal(first.body.code, 'mfa_code_wrong');
      const before = await guessUntilHeld(api, () => renew(account.token, { code }));
      t.same(before.slice(0, 2), [422, 422]);
      const held = await renew(account.token, { code: codeOf(secret, 1) });
      t.equal(held.body.code, 'too_many_attempts');
      const entered = await logInWith(account.user.email, String(recoveryCodes[0]));
      t.equal(entered.body.code, 'too_many_attempts', 'they count with those of log-in');
    },
  );

  await t.test('200: nobody can keep a person from it who types their id at log-in', async (t) => {
    const account = await signUp(api);
    const { recoveryCodes } = await enableMfa(api, account);
    const { id } = account.user;
    for (const email of [id, `second-factor:${id}`, `code:${id}`]) {
      for (let tries = 0; tries < 4; tries++) {
        await api.request('POST', '/auth/login', { body: { email, password: 'nonsense' } });
      }
    }
    t.equal((await renew(account.token, { code: recoveryCodes[0] })).status, 200);
  });

  await t.test('409: when the second factor is off', async (t) => {
    const { token } = await signUp(api);
    const { status, body } = await renew(token, { code: '123456' });
    t.equal(status, 409);
    t.equal(body.code, 'mfa_not_enabled');
  });

  await t.test('401 without a token, 403 for an API key', async (t) => {
    t.equal((await renew(undefined, { code: '123456' })).body.code, 'unauthenticated');
    const reply = await renew(await keyOf(api, await signUp(api)), { code: '123456' });
    t.equal(reply.status, 403);
    t.equal(reply.body.code, 'session_required');
  });

  await t.test('400: a body that is not valid', async (t) => {
    const { token } = await signUp(api);
    for (const body of [{}, { code: '12345' }, { code: '123456', password }]) {
      t.equal((await renew(token, body)).body.code, 'validation_failed');
    }
  });
});
