import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { logIn } from '../../users/test/add-user.ts';
import { claimsOf } from './claims-of.ts';
import { keyOf } from './key-of.ts';
import { within } from './within.ts';

for (const backend of backends) {
  t.test(`DELETE /auth/sessions/:id, on ${backend}`, async (t) => {
    const api = await startApi(t, { backend });
    const second = await startApi(t, { beside: api });
    const account = await signUp(api, 'Home');
    const { email } = account.user;
    const end = (token: string | undefined, id: string) =>
      api.request('DELETE', `/auth/sessions/${id}`, { token });
    const statusOf = async (token: string, server = api) =>
      (await server.request('GET', '/auth/me', { token })).status;

    await t.test('204: its token is refused at once here, within a second there', async (t) => {
      const lost = await logIn(api, email, account.tenant.id);
      for (const server of [api, second]) t.equal(await statusOf(lost.token, server), 200);
      t.equal((await end(account.token, claimsOf(lost.token).sid)).status, 204);
      t.equal(await statusOf(lost.token), 401);
      t.ok(await within(1_000, async () => (await statusOf(lost.token, second)) === 401));
      const { refreshToken } = lost;
      const refreshed = await api.request('POST', '/auth/refresh', { body: { refreshToken } });
      t.equal(refreshed.body.code, 'refresh_token_invalid');
      t.equal(await statusOf(account.token), 200, 'the others go on');
    });

    await t.test('204: in another tenant, where the audit tells', async (t) => {
      const other = await signUp(api, 'Other');
      await joinTenant(api, other, account.user.id);
      const away = await logIn(api, email, other.tenant.id);
      const { sid } = claimsOf(away.token);
      t.equal((await end(account.token, sid)).status, 204);
      const trail = await api.request('GET', '/audit-logs?action=session.ended', {
        token: other.token,
      });
      t.match(trail.body.data, [
        { actorId: account.user.id, resourceType: 'session', resourceId: sid },
      ]);
    });

    await t.test('204: the session that asks', async (t) => {
      const { token } = await logIn(api, email, account.tenant.id);
      t.equal((await end(token, claimsOf(token).sid)).status, 204);
      t.equal(await statusOf(token), 401);
    });

    await t.test("404: somebody else's, also in the same tenant; one that has ended", async (t) => {
      const colleague = await signUp(api, 'Colleague');
      await joinTenant(api, account, colleague.user.id);
      const theirs = await logIn(api, colleague.user.email, account.tenant.id);
      const { status, body } = await end(account.token, claimsOf(theirs.token).sid);
      t.equal(status, 404);
      t.equal(body.code, 'not_found');
      t.equal(await statusOf(theirs.token), 200);
      const ended = await logIn(api, email, account.tenant.id);
      await end(account.token, claimsOf(ended.token).sid);
      t.equal((await end(account.token, claimsOf(ended.token).sid)).status, 404);
    });

    await t.test('400, 401, 403: an id that is none, no token, and a key', async (t) => {
      t.equal((await end(account.token, 'mine')).body.code, 'validation_failed');
      const { sid } = claimsOf(account.token);
      t.equal((await end(undefined, sid)).body.code, 'unauthenticated');
      t.equal((await end(await keyOf(api, account), sid)).body.code, 'session_required');
      t.equal(await statusOf(account.token), 200);
    });
  });
}
