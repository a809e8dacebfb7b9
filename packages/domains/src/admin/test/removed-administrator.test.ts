import type { Tx } from '@trellis/db/tenant-db';
import type { Api, Reply } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import t from 'tap';
import { lockQuota } from '../../plans/reserve-quota.ts';
import { usersQuota } from '../../users/quota.ts';
import { takeTurn } from '../plans/repository.ts';
import { lockTenant } from '../tenants/repository.ts';
import { samplePlan, startPlatform } from './administrate.ts';

interface Case {
  request: [method: string, path: string, body: unknown];
  /** What the change waits for. */
  lock(tx: Tx): Promise<void>;
}

/** How many transactions of the database of the test wait for another. */
async function countWaiting({ app }: Api): Promise<number> {
  const rows = await app.platform.db.querySystem(
    (sql) => sql`
      select l.pid from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database()`,
  );
  return rows.length;
}

t.test('who is no administrator any more when it is their turn changes nothing', async (t) => {
  const { api, admin, account, call } = await startPlatform(t);
  const { db } = api.app.platform;
  const tenant = `/admin/tenants/${account.tenant.id}`;
  const ofRow = (tx: Tx) => lockTenant(tx, account.tenant.id);
  const plan = { planType: 'pro', overrides: { maxUsers: 9 } };
  const cases: Record<string, Case> = {
    'suspend a tenant': {
      request: ['PATCH', tenant, { status: 'suspended' }],
      lock: ofRow,
    },
    'give a plan': { request: ['PUT', `${tenant}/plan`, plan], lock: ofRow },
    'count what a tenant uses': {
      request: ['PUT', `${tenant}/plan`, plan],
      lock: (tx) => lockQuota(tx, account.tenant.id, usersQuota),
    },
    'make a plan': { request: ['POST', '/admin/plans', samplePlan('late')], lock: takeTurn },
    'change a plan': { request: ['PATCH', '/admin/plans/free', { maxUsers: 77 }], lock: takeTurn },
  };
  const state = async () => [
    (await call('GET', '/admin/plans')).body,
    (await call('GET', tenant)).body,
  ];
  const before = await state();

  const takeBack = {
    'disabled, 401': () =>
      db.querySystem(
        (sql) => sql`
        update users set disabled_at = now() where id = ${admin.user.id}`,
      ),
    'demoted, 403': () =>
      db.querySystem(
        (sql) => sql`
        update users set is_platform_admin = false where id = ${admin.user.id}`,
      ),
  };
  for (const [how, take] of Object.entries(takeBack)) {
    for (const [name, { request, lock }] of Object.entries(cases)) {
      await t.test(`${how}, before it is their turn to ${name}`, async (t) => {
        let reply: Promise<Reply> | undefined;
        await db.asSystem(async (tx) => {
          await lock(tx);
          reply = call(...request);
          await eventually(async () => (await countWaiting(api)) === 1);
          await take();
        });
        t.equal((await reply)?.status, Number(how.slice(-3)));
        await db.querySystem(
          (sql) => sql`
          update users set disabled_at = null, is_platform_admin = true
          where id = ${admin.user.id}`,
        );
        t.same(await state(), before);
      });
    }
  }
});
