import { type Api, startApi } from '@trellis/test/api';
import { setPlan } from '@trellis/test/installation';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, logIn } from '../../users/test/add-user.ts';
import { within } from './within.ts';

for (const backend of backends) {
  t.test(`what a token may do, on ${backend}`, async (t) => {
    const api = await startApi(t, { backend });
    const second = await startApi(t, { beside: api });
    const account = await signUp(api);
    await setPlan(api.database, account.tenant.id, 'pro');
    const listRoles = async (server: Api, token: string) =>
      (await server.request('GET', '/roles', { token })).status;

    await t.test('follows a change of the role, within a second in another process', async (t) => {
      const user = await addUser(api, account, ['roles:read']);
      const grant = (permissions: string[]) =>
        api.request('PATCH', `/roles/${user.roleId}`, {
          token: account.token,
          body: { permissions },
        });
      t.equal(await listRoles(second, user.token), 200);
      t.equal((await grant(['users:read'])).status, 200);
      t.equal(await listRoles(api, user.token), 403, 'here at once');
      t.ok(await within(1_000, async () => (await listRoles(second, user.token)) === 403));
      t.equal((await grant(['roles:read'])).status, 200);
      t.ok(await within(1_000, async () => (await listRoles(second, user.token)) === 200));
    });

    await t.test(
      'follows the roles of the person, within a second in another process',
      async (t) => {
        const user = await addUser(api, account, ['roles:read']);
        t.equal(await listRoles(second, user.token), 200);
        await api.request('PUT', `/users/${user.id}/roles`, {
          token: account.token,
          body: { roleIds: [] },
        });
        t.equal(await listRoles(api, user.token), 403, 'here at once');
        t.ok(await within(1_000, async () => (await listRoles(second, user.token)) === 403));
      },
    );

    await t.test('ends with the membership, within a second in another process', async (t) => {
      const user = await addUser(api, account, ['roles:read']);
      t.equal(await listRoles(second, user.token), 200);
      await api.request('DELETE', `/users/${user.id}`, { token: account.token });
      t.equal(await listRoles(api, user.token), 401, 'here at once');
      t.ok(await within(1_000, async () => (await listRoles(second, user.token)) === 401));
    });

    await t.test('ends while the tenant does not let the person in', async (t) => {
      const user = await addUser(api, account, ['roles:read']);
      const setStatus = (status: string) =>
        api.request('PATCH', `/users/${user.id}`, { token: account.token, body: { status } });
      t.equal(await listRoles(second, user.token), 200);
      t.equal((await setStatus('disabled')).status, 200);
      t.equal(await listRoles(api, user.token), 401, 'here at once');
      t.ok(await within(1_000, async () => (await listRoles(second, user.token)) === 401));
      t.equal((await setStatus('active')).status, 200);
      const again = await logIn(api, user.email, account.tenant.id);
      t.equal(await listRoles(second, again.token), 200);
    });

    await t.test('ends with the log-out, within a second in another process', async (t) => {
      const user = await addUser(api, account, ['roles:read']);
      t.equal(await listRoles(second, user.token), 200);
      t.equal((await api.request('POST', '/auth/logout', { token: user.token })).status, 204);
      t.equal(await listRoles(api, user.token), 401, 'here at once');
      t.ok(await within(1_000, async () => (await listRoles(second, user.token)) === 401));
    });

    await t.test('keeps no grant that was read while it changed', async (t) => {
      const user = await addUser(api, account, ['roles:read']);
      for (let round = 0; round < 10; round++) {
        const permissions = round % 2 ? ['roles:read'] : ['users:read'];
        const change = api.request('PATCH', `/roles/${user.roleId}`, {
          token: account.token,
          body: { permissions },
        });
        let changed = false;
        const reads = async () => {
          while (!changed) await listRoles(second, user.token);
        };
        const reading = reads();
        t.equal((await change).status, 200);
        changed = true;
        await reading;
        const expected = round % 2 ? 200 : 403;
        t.ok(await within(1_000, async () => (await listRoles(second, user.token)) === expected));
        t.equal(await listRoles(second, user.token), expected, 'and it stays so');
      }
    });
  });
}
