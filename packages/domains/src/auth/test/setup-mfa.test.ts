import { startApi } from '@trellis/test/api';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { guessUntilHeld } from './guess-until-held.ts';
import { keyOf } from './key-of.ts';
import { logIn } from './log-in.ts';
import { trailOf } from './person.ts';
import { codeOf, enableMfa, verifyAddress } from './second-factor.ts';

t.test('POST /auth/mfa/setup', async (t) => {
  const api = await startApi(t, { env: { MFA_ISSUER: 'Example Ltd' } });
  const setUp = (token?: string, headers = {}, body: unknown = { password }) =>
    api.request('POST', '/auth/mfa/setup', { token, headers, body });
  const signUpVerified = async () => {
    const account = await signUp(api);
    await verifyAddress(api, account.token);
    return account;
  };
  const enable = (token: string, code: string) =>
    api.request('POST', '/auth/mfa/enable', { token, body: { code } });

  await t.test('200: a secret and what an app scans, under the name of MFA_ISSUER', async (t) => {
    const account = await signUpVerified();
    const { status, body } = await setUp(account.token);
    t.equal(status, 200);
    t.same(Object.keys(body).sort(), ['secret', 'uri']);
    const uri = new URL(body.uri);
    t.equal(uri.searchParams.get('secret'), body.secret);
    t.equal(uri.searchParams.get('issuer'), 'Example Ltd');
    t.equal(decodeURIComponent(uri.pathname), `/Example Ltd:${account.user.email}`);
    const [row] = await api.app.platform.db.querySystem<{ secret: string }>(
      (sql) => sql`select secret from second_factors where user_id = ${account.user.id}`,
    );
    t.notMatch(row?.secret, body.secret, 'it is kept sealed');
    t.equal(api.app.platform.secrets.open(String(row?.secret)), body.secret);
    const trail = await trailOf(api, account, 'user.mfa_prepared');
    t.match(trail, [{ actorId: account.user.id, resourceId: account.user.id, after: null }]);
  });

  await t.test('200: logging in asks for nothing more yet', async (t) => {
    const { token, user } = await signUpVerified();
    await setUp(token);
    t.equal((await logIn(api, user.email, password)).status, 200);
    const me = await api.request('GET', '/auth/me', { token });
    t.equal(me.body.user.mfaEnabled, false);
  });

  await t.test('200: another secret takes the place of the one before', async (t) => {
    const { token } = await signUpVerified();
    const first = (await setUp(token)).body.secret;
    const { secret } = (await setUp(token)).body;
    t.not(secret, first);
    t.equal((await enable(token, codeOf(first))).body.code, 'mfa_code_wrong');
    t.equal((await enable(token, codeOf(secret))).status, 200);
  });

  await t.test('200: an Idempotency-Key gets the same secret again', async (t) => {
    const { token } = await signUpVerified();
    const headers = { 'idempotency-key': 'setup-1' };
    const first = await setUp(token, headers);
    t.same((await setUp(token, headers)).body, first.body);
  });

  await t.test('409: while the address is not verified: it may be of somebody else', async (t) => {
    const { token } = await signUp(api);
    const { status, body } = await setUp(token);
    t.equal(status, 409);
    t.equal(body.code, 'email_unverified');
  });

  await t.test('409: while the second factor is on', async (t) => {
    const account = await signUpVerified();
    await enableMfa(api, account);
    const { status, body } = await setUp(account.token);
    t.equal(status, 409);
    t.equal(body.code, 'mfa_enabled');
  });

  await t.test('422, then 429: a session without the password sets nothing up', async (t) => {
    const { token, user } = await signUpVerified();
    const wrong = { password: 'not the password' };
    t.equal((await setUp(token, {}, wrong)).body.code, 'password_wrong');
    const before = await guessUntilHeld(api, () => setUp(token, {}, wrong));
    t.same(before.slice(0, 4), [422, 422, 422, 422]);
    t.equal(
      (await setUp(token)).body.code,
      'too_many_attempts',
      'the right one has to wait as well',
    );
    t.equal((await logIn(api, user.email, password)).status, 429, 'and so has a log-in');
    t.equal((await enable(token, '123456')).body.code, 'mfa_not_set_up');
  });

  await t.test('401 without a token, 403 for an API key', async (t) => {
    t.equal((await setUp()).body.code, 'unauthenticated');
    const { status, body } = await setUp(await keyOf(api, await signUpVerified()));
    t.equal(status, 403);
    t.equal(body.code, 'session_required');
  });

  await t.test('400: a body or an Idempotency-Key that is not valid', async (t) => {
    const { token } = await signUpVerified();
    for (const body of [undefined, {}, { password: '' }, { password, code: '123456' }]) {
      t.equal((await setUp(token, {}, body ?? null)).status, 400);
    }
    const { status } = await setUp(token, { 'idempotency-key': 'a'.repeat(256) });
    t.equal(status, 400);
  });
});
