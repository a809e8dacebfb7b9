import { startApi } from '@trellis/test/api';
import { noticesTo } from '@trellis/test/mail';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { guessUntilHeld } from './guess-until-held.ts';
import { keyOf } from './key-of.ts';
import { trailOf } from './person.ts';
import { codeOf, enableMfa, verifyAddress, wrongCodeOf } from './second-factor.ts';

t.test('POST /auth/mfa/enable', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const setUp = async (token: string): Promise<string> => {
    await verifyAddress(api, token);
    return (await api.request('POST', '/auth/mfa/setup', { token, body: { password } })).body
      .secret;
  };
  const enable = (token: string | undefined, body: unknown, server = api) =>
    server.request('POST', '/auth/mfa/enable', { token, body });
  const isEnabled = async (token: string) =>
    (await api.request('GET', '/auth/me', { token })).body.user.mfaEnabled;

  await t.test('200: turns it on and shows ten recovery codes', async (t) => {
    const account = await signUp(api);
    const secret = await setUp(account.token);
    const code = codeOf(secret);
    const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
    const { status, body } = await enable(account.token, { code: spaced });
    t.equal(status, 200, 'also as apps show it');
    t.same(Object.keys(body), ['recoveryCodes']);
    t.equal(new Set(body.recoveryCodes).size, 10);
    t.equal(await isEnabled(account.token), true);
  });

  await t.test('200: is told to the person and to the trail, without the codes', async (t) => {
    const account = await signUp(api);
    const { secret, recoveryCodes } = await enableMfa(api, account);
    t.same(await noticesTo(api, account.user.email), ['Two-factor authentication was turned on']);
    const trail = await trailOf(api, account, 'user.mfa_enabled');
    t.match(trail, [{ actorId: account.user.id, resourceId: account.user.id }]);
    const [row] = await api.app.platform.db.querySystem(
      (sql) => sql`select row_to_json(f)::text as text from second_factors f
        where user_id = ${account.user.id}`,
    );
    for (const one of [secret, ...recoveryCodes]) {
      t.notOk(JSON.stringify([trail, row]).includes(one), 'nor are they in the database');
    }
  });

  await t.test(
    '409: of calls at once one succeeds, and its codes are those that count',
    async (t) => {
      const { token, user } = await signUp(api);
      const code = codeOf(await setUp(token));
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_, n) => enable(token, { code }, n % 2 ? api : second)),
      );
      const statuses = replies.map(({ status }) => status).sort();
      t.same(statuses, [200, ...Array(9).fill(409)]);
      t.equal((await noticesTo(api, user.email)).length, 1);
    },
  );

  await t.test('409: when it is not set up, and when it is on', async (t) => {
    const account = await signUp(api);
    const early = await enable(account.token, { code: '123456' });
    t.equal(early.status, 409);
    t.equal(early.body.code, 'mfa_not_set_up');
    const { secret } = await enableMfa(api, account);
    const late = await enable(account.token, { code: codeOf(secret, 1) });
    t.equal(late.status, 409);
    t.equal(late.body.code, 'mfa_enabled');
  });

  await t.test('422: a wrong code leaves it off', async (t) => {
    const { token } = await signUp(api);
    const secret = await setUp(token);
    for (const code of [wrongCodeOf(secret), codeOf(secret, -4), codeOf(secret, 4), 'ABCD-EFGH']) {
      const { status, body } = await enable(token, { code });
      t.equal(status, 422);
      t.equal(body.code, 'mfa_code_wrong');
    }
    t.equal(await isEnabled(token), false);
  });

  await t.test('422: what is no digit of a keyboard is a wrong code', async (t) => {
    const { token } = await signUp(api);
    await setUp(token);
    for (const code of ['éééééé', '４９２０３９', '\u{1d7d8}'.repeat(6)]) {
      const { status, body } = await enable(token, { code });
      t.equal(status, 422);
      t.equal(body.code, 'mfa_code_wrong');
    }
  });

  await t.test('429: guesses are held back, whoever makes them', async (t) => {
    const { token } = await signUp(api);
    const secret = await setUp(token);
    const before = await guessUntilHeld(api, () => enable(token, { code: wrongCodeOf(secret) }));
    t.same(before.slice(0, 5), [422, 422, 422, 422, 422]);
    t.equal((await enable(token, { code: codeOf(secret) })).body.code, 'too_many_attempts');
  });

  await t.test('401 without a token, 403 for an API key', async (t) => {
    t.equal((await enable(undefined, { code: '123456' })).body.code, 'unauthenticated');
    const reply = await enable(await keyOf(api, await signUp(api)), { code: '123456' });
    t.equal(reply.status, 403);
    t.equal(reply.body.code, 'session_required');
  });

  await t.test('400: a body that is not valid', async (t) => {
    const { token } = await signUp(api);
    for (const code of [undefined, '', '12345', 123456, 'a'.repeat(65)]) {
      t.equal((await enable(token, { code })).body.code, 'validation_failed');
    }
    t.equal((await enable(token, { code: '123456', remember: true })).status, 400);
  });
});
