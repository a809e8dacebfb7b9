import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('GET /plans', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);

  await t.test('200: all plans for any member, the smallest first', async (t) => {
    const { token } = await addUser(api, account, []);
    const { status, body } = await api.request('GET', '/plans', { token });
    t.equal(status, 200);
    t.same(
      body.data.map((plan: { planType: string }) => plan.planType),
      ['free', 'pro', 'enterprise'],
    );
    const [free, pro] = body.data;
    t.strictSame(free, {
      planType: 'free',
      name: 'Free',
      rateLimit: free.rateLimit,
      maxUsers: 5,
      maxStorage: 1_073_741_824,
      maxWebhooks: 5,
      maxEvents: 100_000,
      retentionDays: 7,
      retryTail: false,
      webhookFailureDays: 5,
      featuresEnabled: [],
      isDefault: true,
    });
    t.ok(free.rateLimit > 0 && free.rateLimit < pro.rateLimit);
    t.match(pro, { retryTail: true, isDefault: false });
  });

  await t.test('200: a plan that is not public is seen by who is on it', async (t) => {
    const { db } = api.app.platform;
    await db.querySystem(
      (sql) => sql`
        insert into plans (plan_type, name, rate_limit, max_users, max_storage, max_webhooks,
          max_events, retention_days, is_public)
        values ('negotiated', 'Negotiated', 1, 1, 1, 1, 1, 1, false) returning plan_type`,
    );
    const typesOf = async (token: string) => {
      const { body } = await api.request('GET', '/plans', { token });
      return body.data.map((plan: { planType: string }) => plan.planType);
    };
    const other = await signUp(api);
    await db.querySystem(
      (sql) => sql`
        update tenants set plan_type = 'negotiated' where id = ${other.tenant.id} returning id`,
    );
    t.same(await typesOf(account.token), ['free', 'pro', 'enterprise']);
    t.same(await typesOf(other.token), ['negotiated', 'free', 'pro', 'enterprise']);
  });

  await t.test('403: not for a tenant that is suspended', async (t) => {
    const { tenant, token } = await signUp(api);
    await api.app.platform.db.querySystem(
      (sql) => sql`update tenants set status = 'suspended' where id = ${tenant.id}`,
    );
    const { status, body } = await api.request('GET', '/plans', { token });
    t.equal(status, 403);
    t.equal(body.code, 'tenant_suspended');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await api.request('GET', '/plans')).body.code, 'unauthenticated');
  });
});
