import type { Api, Reply } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { type Account, signUp } from '@trellis/test/sign-up';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { upload } from '../../files/test/upload.ts';
import { newEmail } from '../../invitations/test/invite.ts';
import { startPlatform } from './administrate.ts';

interface Create {
  limit: string;
  /** The most that a tenant can have before one more does not fit, and what it has at first. */
  max: number;
  create(api: Api, owner: Account): Promise<Reply>;
}

const creates: Record<string, Create> = {
  users: {
    limit: 'maxUsers',
    max: 1,
    create: (api, { token }) =>
      api.request('POST', '/users', { token, body: { email: newEmail(), name: 'Ada' } }),
  },
  webhooks: {
    limit: 'maxWebhooks',
    max: 0,
    create: (api, { token }) => {
      const body = { url: 'http://127.0.0.1:9/hook', events: ['*'] };
      return api.request('POST', '/webhooks', { token, body });
    },
  },
  storage: { limit: 'maxStorage', max: 0, create: (api, owner) => upload(api, owner, 'a') },
};

/** Whatever is audited in the tenant waits with its commit until what this answers is called. */
async function holdTrail(api: Api, { tenant }: Account): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = asSystem(api.database, async (tx) => {
    await tx.sql`select from audit_heads where tenant_id = ${tenant.id} for update`;
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, holding]);
  return async () => {
    released.resolve();
    await holding;
  };
}

/** Until so many transactions of this database wait for a lock. */
async function waitsFor(t: Test, { database }: Api, count: number): Promise<void> {
  const sql = postgres(database.appUrl, { max: 1 });
  try {
    await eventually(async () => {
      const rows = await sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      return rows.length >= count;
    });
  } catch (error) {
    t.fail(`not ${count} wait: ${(error as Error).message}`);
  } finally {
    await sql.end();
  }
}

t.test('a smaller plan and a create at the same time, one after the other', async (t) => {
  const { api, call } = await startPlatform(t);
  for (const [name, { limit, max, create }] of Object.entries(creates)) {
    const setPlan = ({ tenant }: Account) =>
      call('PUT', `/admin/tenants/${tenant.id}/plan`, {
        planType: 'pro',
        overrides: { [limit]: max },
      });

    await t.test(`${name}: one that comes before the commit is held to the new plan`, async (t) => {
      const owner = await signUp(api);
      const release = await holdTrail(api, owner);
      const changing = setPlan(owner);
      await waitsFor(t, api, 1);
      const creating = create(api, owner);
      await waitsFor(t, api, 2);
      await release();
      t.equal((await changing).status, 200);
      t.match(await creating, { status: 403, body: { code: 'plan_limit_reached' } });
    });

    // An upload commits what it takes of the quota before there is anything to audit.
    if (name === 'storage') continue;
    await t.test(`${name}: one that is about to commit is counted`, async (t) => {
      const owner = await signUp(api);
      const release = await holdTrail(api, owner);
      const creating = create(api, owner);
      await waitsFor(t, api, 1);
      const changing = setPlan(owner);
      await waitsFor(t, api, 2);
      await release();
      t.equal((await creating).status, 201);
      const { status, body } = await changing;
      t.equal(status, 409);
      t.match(body, { code: 'plan_below_use', errors: [{ path: name }] });
    });
  }
});
