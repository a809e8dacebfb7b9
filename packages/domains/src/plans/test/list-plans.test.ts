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
