import { type Api, startApi } from '@trellis/test/api';
import { backends } from '@trellis/test/settings';
import t from 'tap';
import { within } from '../../auth/test/within.ts';
import { newEmail } from '../../invitations/test/invite.ts';
import { startPlatform } from './administrate.ts';

/** How often the API asks Postgres for anything, from now on. */
function countStatements({ app }: Api): () => number {
  const { db } = app.platform;
  let count = 0;
  const counted =
    <Args extends unknown[], Result>(method: (...args: Args) => Result) =>
    (...args: Args): Result => {
      count++;
      return method(...args);
    };
  Object.assign(db, {
    withTenant: counted(db.withTenant),
    asSystem: counted(db.asSystem),
    queryTenant: counted(db.queryTenant),
    querySystem: counted(db.querySystem),
  });
  return () => count;
}

for (const backend of backends) {
  t.test(`a change of plan in two APIs on one database, on ${backend}`, async (t) => {
    const { api, account, call } = await startPlatform(t, { backend });
    const second = await startApi(t, { beside: api });
    const { token } = account;
    const limitAt = async ({ request }: Api) =>
      (await request('GET', '/permissions', { token })).headers.get('x-ratelimit-limit');
    const addUser = ({ request }: Api) =>
      request('POST', '/users', { token, body: { email: newEmail(), name: 'Ada' } });
    const holds = (limit: number) =>
      within(1_000, async () => {
        const limits = await Promise.all([api, second].map(limitAt));
        return limits.every((one) => one === String(limit));
      });
    const put = (planType: string, overrides: object) =>
      call('PUT', `/admin/tenants/${account.tenant.id}/plan`, { planType, overrides });
    const { body: free } = await call('GET', '/admin/plans/free');
    t.ok(await holds(free.rateLimit), 'both know the limit of the plan');

    await t.test('the limits of the new plan hold in both within a second', async (t) => {
      t.equal((await put('pro', { rateLimit: 4_321, maxUsers: 3 })).status, 200);
      t.ok(await holds(4_321));
      for (const one of [second, api]) t.equal((await addUser(one)).status, 201);
      for (const one of [second, api]) {
        t.match((await addUser(one)).body, { code: 'plan_limit_reached' });
      }
    });

    await t.test('so do those of a plan that is changed', async (t) => {
      await put('pro', {});
      t.equal((await call('PATCH', '/admin/plans/pro', { rateLimit: 8_765 })).status, 200);
      t.ok(await holds(8_765));
    });

    await t.test('and no request asks Postgres for them', async (t) => {
      const statements = [api, second].map(countStatements);
      const count = () => statements.reduce((sum, one) => sum + one(), 0);
      await call('GET', '/admin/plans/pro');
      t.ok(count() > 0, 'what does ask is counted');
      const before = count();
      for (let round = 0; round < 50; round++) {
        const limits = await Promise.all([api, second, api, second].map(limitAt));
        t.same(new Set(limits), new Set(['8765']));
      }
      // Beside what the processes do by themselves.
      t.ok(count() - before < 20, `${count() - before} for 200 requests`);
    });
  });
}
