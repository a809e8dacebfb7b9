import { type Api, type Reply, startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, systemRoleId } from './add-user.ts';

const rounds = 3;

type Attack = (api: Pick<Api, 'request'>, token: string, victim: string) => Promise<Reply>;

const attacks: Record<string, Attack> = {
  remove: (api, token, victim) => api.request('DELETE', `/users/${victim}`, { token }),
  demote: (api, token, victim) =>
    api.request('PUT', `/users/${victim}/roles`, { token, body: { roleIds: [] } }),
  disable: (api, token, victim) =>
    api.request('PATCH', `/users/${victim}`, { token, body: { status: 'disabled' } }),
};

t.test('an owner is left, whatever two owners do to each other at once', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const activeOwners = async (tenantId: string) => {
    const rows = await api.app.platform.db.querySystem(
      (sql) => sql`
        select m.user_id from memberships m
        join membership_roles mr on mr.membership_id = m.id
        join roles r on r.id = mr.role_id and r.name = 'owner'
        where m.tenant_id = ${tenantId} and m.disabled_at is null`,
    );
    return rows.length;
  };
  const names = Object.keys(attacks);
  for (const [one, other] of names.flatMap((a) => names.map((b) => [a, b] as const))) {
    await t.test(`one tries to ${one}, the other to ${other}`, async (t) => {
      for (let round = 0; round < rounds; round++) {
        const first = await signUp(api);
        const heir = await addUser(api, first, ['*:read']);
        await api.request('PUT', `/users/${heir.id}/roles`, {
          token: first.token,
          body: { roleIds: [await systemRoleId(api, first, 'owner')] },
        });
        const replies = await Promise.all([
          attacks[one]?.(api, first.token, heir.id),
          attacks[other]?.(second, heir.token, first.user.id),
        ]);
        t.equal(replies.filter((reply) => reply && reply.status < 300).length, 1);
        t.equal(await activeOwners(first.tenant.id), 1);
      }
    });
  }

  await t.test('409: alone, nobody removes, demotes or disables the last one', async (t) => {
    const account = await signUp(api);
    const admin = await addUser(api, account, ['*']);
    for (const attack of Object.values(attacks)) {
      for (const token of [account.token, admin.token]) {
        const { status, body } = await attack(api, token, account.user.id);
        t.equal(status, 409);
        t.equal(body.code, 'last_owner');
      }
    }
    t.equal(await activeOwners(account.tenant.id), 1);
  });

  await t.test('409: owners who are disabled do not count', async (t) => {
    for (const where of ['tenant', 'platform']) {
      const account = await signUp(api);
      const { token } = account;
      const other = await addUser(api, account, ['*:read']);
      const roleIds = [await systemRoleId(api, account, 'owner')];
      await api.request('PUT', `/users/${other.id}/roles`, { token, body: { roleIds } });
      if (where === 'tenant') await attacks.disable?.(api, token, other.id);
      else {
        await api.app.platform.db.querySystem(
          (sql) => sql`update users set disabled_at = now() where id = ${other.id}`,
        );
      }
      for (const attack of Object.values(attacks)) {
        t.equal((await attack(api, token, account.user.id)).body.code, 'last_owner', where);
      }
    }
  });

  await t.test('403: who is no owner takes ownership from nobody', async (t) => {
    const account = await signUp(api);
    const admin = await addUser(api, account, ['*']);
    const other = await addUser(api, account, ['*:read']);
    const roleIds = [await systemRoleId(api, account, 'owner')];
    const path = `/users/${other.id}/roles`;
    await api.request('PUT', path, { token: account.token, body: { roleIds } });
    for (const attack of Object.values(attacks)) {
      const { status, body } = await attack(api, admin.token, other.id);
      t.equal(status, 403);
      t.equal(body.code, 'permission_escalation');
    }
    t.equal(await activeOwners(account.tenant.id), 2);
  });
});
