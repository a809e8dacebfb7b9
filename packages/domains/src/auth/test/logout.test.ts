import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { logIn } from '../../users/test/add-user.ts';
import { claimsOf } from './claims-of.ts';
import { keyOf } from './key-of.ts';
import { within } from './within.ts';

t.test('POST /auth/logout', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const logout = (token?: string) => api.request('POST', '/auth/logout', { token });
  const statusOf = async (token: string, server = api) =>
    (await server.request('GET', '/auth/me', { token })).status;

  await t.test(
    '204: the access token is refused at once here, within a second there',
    async (t) => {
      const { token, refreshToken } = await signUp(api);
      for (const server of [api, second]) t.equal(await statusOf(token, server), 200);
      t.equal((await logout(token)).status, 204);
      t.equal(await statusOf(token), 401);
      t.ok(await within(1_000, async () => (await statusOf(token, second)) === 401));
      const refreshed = await api.request('POST', '/auth/refresh', { body: { refreshToken } });
      t.equal(refreshed.body.code, 'refresh_token_invalid');
    },
  );

  await t.test('204: other sessions of the same person go on, and the audit tells', async (t) => {
    const account = await signUp(api);
    const other = await logIn(api, account.user.email, account.tenant.id);
    t.equal((await logout(account.token)).status, 204);
    t.equal(await statusOf(other.token), 200);
    const trail = await api.request('GET', '/audit-logs?action=session.ended', {
      token: other.token,
    });
    const { sid } = claimsOf(account.token);
    t.match(trail.body.data, [
      { actorId: account.user.id, resourceType: 'session', resourceId: sid },
    ]);
  });

  await t.test('401: without a token, and the second time', async (t) => {
    t.equal((await logout()).body.code, 'unauthenticated');
    const { token } = await signUp(api);
    await logout(token);
    t.equal((await logout(token)).body.code, 'unauthenticated');
  });

  await t.test('403: a credential that has no session, such as a key', async (t) => {
    const account = await signUp(api);
    const { status, body } = await logout(await keyOf(api, account));
    t.equal(status, 403);
    t.equal(body.code, 'session_required');
    t.equal(await statusOf(account.token), 200);
  });
});
