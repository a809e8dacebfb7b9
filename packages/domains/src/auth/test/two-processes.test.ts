import { createInstallation, setPlan } from '@trellis/test/installation';
import { type ApiProcess, startApiProcess } from '@trellis/test/processes';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, logIn } from '../../users/test/add-user.ts';
import { claimsOf } from './claims-of.ts';
import { within } from './within.ts';

for (const backend of backends) {
  t.test(`two API processes, on ${backend}`, async (t) => {
    const installation = await createInstallation(t, backend);
    const [api, second] = await Promise.all([
      startApiProcess(t, installation),
      startApiProcess(t, installation),
    ]);
    const account = await signUp(api);
    await setPlan(installation.database, account.tenant.id, 'pro');
    const listRoles = async (server: ApiProcess, token: string) =>
      (await server.request('GET', '/roles', { token })).status;
    /** Asks both until they answer so; the first must do it at once. */
    const follows = async (token: string, status: number) =>
      (await listRoles(api, token)) === status &&
      within(1_000, async () => (await listRoles(second, token)) === status);
    /** Somebody whom both processes know. */
    const known = async () => {
      const user = await addUser(api, account, ['roles:read']);
      for (const server of [api, second]) t.equal(await listRoles(server, user.token), 200);
      return user;
    };
    const owner = { token: account.token };

    const ways: Record<string, (user: Awaited<ReturnType<typeof known>>) => Promise<number>> = {
      'a log-out': async ({ token }) => {
        await api.request('POST', '/auth/logout', { token });
        return 401;
      },
      'the end of a session from another one': async ({ email, token }) => {
        const other = await logIn(api, email, account.tenant.id);
        await api.request('DELETE', `/auth/sessions/${claimsOf(token).sid}`, {
          token: other.token,
        });
        return 401;
      },
      'a change of the role': async ({ roleId }) => {
        const body = { permissions: ['users:read'] };
        await api.request('PATCH', `/roles/${roleId}`, { ...owner, body });
        return 403;
      },
      'other roles': async ({ id }) => {
        await api.request('PUT', `/users/${id}/roles`, { ...owner, body: { roleIds: [] } });
        return 403;
      },
      'a membership that is disabled': async ({ id }) => {
        await api.request('PATCH', `/users/${id}`, { ...owner, body: { status: 'disabled' } });
        return 401;
      },
    };
    for (const [name, change] of Object.entries(ways)) {
      await t.test(`both follow ${name} within a second`, async (t) => {
        const user = await known();
        const status = await change(user);
        t.ok(await follows(user.token, status), `both answer ${status}`);
      });
    }

    await t.test('ten refreshes at once with one token leave one live family', async (t) => {
      const { refreshToken } = await signUp(api);
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? api : second).request('POST', '/auth/refresh', { body: { refreshToken } }),
        ),
      );
      t.same(
        replies.map(({ status }) => status),
        Array.from({ length: 10 }, () => 200),
      );
      const given = new Set(replies.map(({ body }) => body.refreshToken));
      t.equal(given.size, 1, 'all ten hold the same next token');
      const next = replies[0]?.body.accessToken;
      const list = await api.request('GET', '/auth/sessions', { token: next });
      t.equal(list.body.data.length, 1);
    });
  });
}
