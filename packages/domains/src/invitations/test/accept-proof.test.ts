import { startApi } from '@trellis/test/api';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { createKey } from '../../api-keys/test/create-key.ts';
import { logIn } from '../../users/test/add-user.ts';
import { accept, invite, verifyEmail } from './invite.ts';

const wrong = 'not the right password';

t.test('an account is brought in by whoever shows that it is theirs', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '3' } });
  /** A person with an account, and the token of an invitation to another tenant. */
  const invited = async () => {
    const [account, home] = await Promise.all([signUp(api), signUp(api, 'Home')]);
    await verifyEmail(api, home.user.id);
    const { id, token } = await invite(api, account, { email: home.user.email });
    return { account, home, id, token };
  };

  await t.test('200: by the access token of a session of theirs', async (t) => {
    const { account, home, token } = await invited();
    const { status, body } = await accept(api, { token }, home.token);
    t.equal(status, 200);
    t.same(body, { user: home.user, tenant: account.tenant });
    const { body: me } = await api.request('GET', '/auth/me', { token: home.token });
    t.equal(me.tenant.id, home.tenant.id, 'the session stays where it was');
    await logIn(api, home.user.email, account.tenant.id);
  });

  await t.test('422: not by the token alone, nor by the session of somebody else', async (t) => {
    const { account, home, token } = await invited();
    const { key } = await createKey(api, home.token, ['*']);
    for (const credential of [undefined, account.token, key]) {
      const { status, body } = await accept(api, { token }, credential);
      t.equal(status, 422);
      t.equal(body.code, 'account_exists');
    }
    t.equal((await accept(api, { token, password }, account.token)).status, 200, 'the password is');
  });

  await t.test('422: not by a wrong password, with or without their session', async (t) => {
    const { home, token } = await invited();
    for (const session of [undefined, home.token]) {
      const { status, body } = await accept(api, { token, password: wrong }, session);
      t.equal(status, 422);
      t.equal(body.code, 'password_wrong');
    }
    t.equal((await accept(api, { token }, home.token)).status, 200);
  });

  await t.test('422: whoever had the address confirmed by its owner stays outside', async (t) => {
    // The stranger registered the address and knows the password; the owner has the mail.
    const { account, home: stranger, token } = await invited();
    t.equal((await accept(api, { token })).body.code, 'account_exists');
    const { body } = await api.request('POST', '/auth/login', {
      body: { email: stranger.user.email, password, tenantId: account.tenant.id },
    });
    t.equal(body.code, 'no_membership');
  });

  await t.test('429: guesses count with those of logging in', async (t) => {
    const { home, token } = await invited();
    for (let guess = 0; guess < 3; guess++) {
      t.equal((await accept(api, { token, password: wrong })).body.code, 'password_wrong');
    }
    const { status, body, headers } = await accept(api, { token, password });
    t.equal(status, 429);
    t.equal(body.code, 'too_many_attempts');
    t.ok(Number(headers.get('retry-after')) > 0);
    const login = { email: home.user.email, password };
    t.equal((await api.request('POST', '/auth/login', { body: login })).status, 429);
  });

  await t.test('401: a session that has ended proves nothing', async (t) => {
    const { home, token } = await invited();
    await api.request('POST', '/auth/logout', { token: home.token });
    for (const credential of [home.token, 'nonsense']) {
      const { status, body } = await accept(api, { token }, credential);
      t.equal(status, 401);
      t.equal(body.code, 'unauthenticated');
    }
  });
});
