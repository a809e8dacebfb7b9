import { type Api, type Reply, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { type Account, signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { createKey } from '../../api-keys/test/create-key.ts';
import { invite, newEmail, setMaxUsers } from '../../invitations/test/invite.ts';
import { type AddedUser, addUser, systemRoleId } from '../../users/test/add-user.ts';
import { beginJoining } from '../access-change.ts';

interface Scene {
  account: Account;
  /** The person who loses their access while a call of theirs waits. */
  caller: AddedUser;
  victim: AddedUser;
  adminId: string;
  invitationId: string;
}

type Call = [method: string, path: string, body?: unknown];

/** Every call that waits for its turn, and gives something or takes it away. */
const calls: Record<string, (scene: Scene) => Call> = {
  'add a user': ({ adminId }) => [
    'POST',
    '/users',
    { email: newEmail(), name: 'Back door', roleIds: [adminId] },
  ],
  'let a user in': ({ victim }) => ['PATCH', `/users/${victim.id}`, { status: 'active' }],
  'disable a user': ({ victim }) => ['PATCH', `/users/${victim.id}`, { status: 'disabled' }],
  'give roles': ({ victim, adminId }) => [
    'PUT',
    `/users/${victim.id}/roles`,
    { roleIds: [adminId] },
  ],
  'remove a user': ({ victim }) => ['DELETE', `/users/${victim.id}`],
  invite: ({ adminId }) => ['POST', '/invitations', { email: newEmail(), roleIds: [adminId] }],
  'invite again': ({ invitationId }) => ['POST', `/invitations/${invitationId}/send`],
  'withdraw an invitation': ({ invitationId }) => ['DELETE', `/invitations/${invitationId}`],
  'make a role': () => ['POST', '/roles', { name: 'Back door', permissions: ['*'] }],
  'change a role': ({ victim }) => ['PATCH', `/roles/${victim.roleId}`, { permissions: ['*'] }],
  'delete a role': ({ victim }) => ['DELETE', `/roles/${victim.roleId}`],
  'make an API key': () => ['POST', '/api-keys', { name: 'Back door', permissions: ['*'] }],
};

async function prepare(api: Api): Promise<Scene> {
  const account = await signUp(api);
  await setMaxUsers(api, account, 20);
  const adminId = await systemRoleId(api, account, 'admin');
  const [caller, victim] = [await addUser(api, account, ['*']), await addUser(api, account, [])];
  const { id: invitationId } = await invite(api, account);
  return { account, caller, victim, adminId, invitationId };
}

/** How many transactions wait for their turn, in the whole database of the test. */
async function countWaiting({ app }: Api): Promise<number> {
  const rows = await app.platform.db.querySystem(
    (sql) => sql`
      select pid from pg_locks
      where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows.length;
}

/** Makes the calls wait in this order, and then lets them go on. */
async function inTurn(
  api: Api,
  { tenant }: Account,
  ...requests: (() => Promise<Reply>)[]
): Promise<Reply[]> {
  const replies: Promise<Reply>[] = [];
  await api.app.platform.db.asSystem(async (tx) => {
    await beginJoining(tx, { announce: async () => {} }, tenant.id);
    for (const request of requests) {
      replies.push(request());
      await eventually(async () => (await countWaiting(api)) === replies.length);
    }
  });
  return Promise.all(replies);
}

t.test('who was taken out while their call waited gives and takes nothing', async (t) => {
  const api = await startApi(t);

  for (const [name, callOf] of Object.entries(calls)) {
    await t.test(`401: removed before it is their turn to ${name}`, async (t) => {
      const scene = await prepare(api);
      const { account, caller } = scene;
      const [method, path, body] = callOf(scene);
      const [removal, call] = await inTurn(
        api,
        account,
        () => api.request('DELETE', `/users/${caller.id}`, { token: account.token }),
        () => api.request(method, path, { token: caller.token, body }),
      );
      t.equal(removal?.status, 204);
      t.equal(call?.status, 401);
      t.equal(call?.body.code, 'unauthenticated');
    });

    await t.test(`403: demoted before it is their turn to ${name}`, async (t) => {
      const scene = await prepare(api);
      const { account, caller } = scene;
      const [method, path, body] = callOf(scene);
      const [demotion, call] = await inTurn(
        api,
        account,
        () =>
          api.request('PUT', `/users/${caller.id}/roles`, {
            token: account.token,
            body: { roleIds: [] },
          }),
        () => api.request(method, path, { token: caller.token, body }),
      );
      t.equal(demotion?.status, 200);
      t.equal(call?.status, 403);
      t.equal(call?.body.code, 'forbidden');
    });
  }

  /** What happens to the caller, or to a key, while a call made with the credential waits. */
  const refused = async (t: Test, scene: Scene, token: string, takeOut: () => Promise<unknown>) => {
    const { account } = scene;
    const [method, path, body] = calls['add a user']?.(scene) ?? [];
    let call: Promise<Reply> | undefined;
    await api.app.platform.db.asSystem(async (tx) => {
      await beginJoining(tx, { announce: async () => {} }, account.tenant.id);
      call = api.request(method ?? '', path ?? '', { token, body });
      await eventually(async () => (await countWaiting(api)) === 1);
      await takeOut();
    });
    const reply = await call;
    t.equal(reply?.status, 401);
    t.equal(reply?.body.code, 'unauthenticated');
    const { body: users } = await api.request('GET', '/users', { token: account.token });
    t.equal(users.data.length, 3, 'nobody was added');
  };

  await t.test('401: disabled by the platform while their call waited', async (t) => {
    const scene = await prepare(api);
    await refused(t, scene, scene.caller.token, () =>
      api.app.platform.db.querySystem(
        (sql) => sql`update users set disabled_at = now() where id = ${scene.caller.id}`,
      ),
    );
  });

  await t.test('401: logged out while their call waited', async (t) => {
    const scene = await prepare(api);
    const { token } = scene.caller;
    await refused(t, scene, token, () => api.request('POST', '/auth/logout', { token }));
  });

  await t.test('401: a key that was deleted while its call waited', async (t) => {
    const scene = await prepare(api);
    const { token } = scene.account;
    const { id, key } = await createKey(api, token, ['*']);
    await refused(t, scene, key, () => api.request('DELETE', `/api-keys/${id}`, { token }));
  });

  await t.test('401: a key that has expired while its call waited', async (t) => {
    const scene = await prepare(api);
    const { id, key } = await createKey(api, scene.account.token, ['*']);
    await refused(t, scene, key, () =>
      api.app.platform.db.querySystem(
        (sql) => sql`update api_keys set expires_at = now() where id = ${id}`,
      ),
    );
  });

  await t.test('403: the tenant was suspended while the call waited', async (t) => {
    const { account, caller } = await prepare(api);
    let call: Promise<Reply> | undefined;
    await api.app.platform.db.asSystem(async (tx) => {
      await beginJoining(tx, { announce: async () => {} }, account.tenant.id);
      call = api.request('DELETE', `/users/${caller.id}`, { token: account.token });
      await eventually(async () => (await countWaiting(api)) === 1);
      await api.app.platform.db.querySystem(
        (sql) => sql`update tenants set status = 'suspended' where id = ${account.tenant.id}`,
      );
    });
    t.equal((await call)?.body.code, 'tenant_suspended');
  });

  await t.test('403: the tenant of a key was suspended while its call waited', async (t) => {
    const { account, caller } = await prepare(api);
    const { key } = await createKey(api, account.token, ['*']);
    let call: Promise<Reply> | undefined;
    await api.app.platform.db.asSystem(async (tx) => {
      await beginJoining(tx, { announce: async () => {} }, account.tenant.id);
      call = api.request('DELETE', `/users/${caller.id}`, { token: key });
      await eventually(async () => (await countWaiting(api)) === 1);
      await api.app.platform.db.querySystem(
        (sql) => sql`update tenants set status = 'suspended' where id = ${account.tenant.id}`,
      );
    });
    t.match(await call, { status: 403, body: { code: 'tenant_suspended' } });
  });
});
