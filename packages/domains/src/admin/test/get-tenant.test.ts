import { randomUUID } from 'node:crypto';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { upload } from '../../files/test/upload.ts';
import { isForAdministrators, startPlatform, trailOf } from './administrate.ts';

t.test('GET /admin/tenants/:id', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, account, call } = platform;
  const path = `/admin/tenants/${account.tenant.id}`;

  await t.test('200: the plan, what holds now, and what this tenant uses', async (t) => {
    const stranger = await signUp(api, 'Stranger');
    for (const { token } of [account, stranger]) {
      await subscribe(api, { token }, 'http://127.0.0.1:9/hook');
      await publish(api, { token });
    }
    await upload(api, account, 'twelve bytes');
    const { status, body, headers } = await call('GET', path);
    t.equal(status, 200);
    t.match(headers.get('etag'), /^"\w+"$/);
    const { body: plans } = await call('GET', '/admin/plans/free');
    const { tenants: _, createdAt: __, updatedAt: ___, isPublic: ____, ...plan } = plans;
    const { planType, name, isDefault, webhookFailureDays, ...limits } = plan;
    t.match(body, { ...account.tenant, status: 'active', planType: 'free', members: 1 });
    t.same(body.plan, plan);
    t.same(body.limits, limits);
    t.same(body.overrides, {});
    t.equal(body.grace, null);
    t.same(body.usage, {
      users: { used: 1, limit: 5, remaining: 4 },
      storage: { used: 12, limit: plan.maxStorage, remaining: plan.maxStorage - 12 },
      webhooks: { used: 1, limit: 5, remaining: 4 },
      events: { used: 1, limit: 100_000, remaining: 99_999 },
    });
  });

  await t.test(
    'the look is in the trail of the platform, and not in that of the tenant',
    async (t) => {
      const [entry] = await trailOf(api, admin, 'tenant.read');
      t.match(entry, { actorId: admin.user.id, resourceId: account.tenant.id });
      t.same(await trailOf(api, account, 'tenant.read'), []);
    },
  );

  await t.test('404: there is no such tenant', async (t) => {
    const { status, body } = await call('GET', `/admin/tenants/${randomUUID()}`);
    t.equal(status, 404);
    t.equal(body.code, 'not_found');
  });

  await t.test('400: what is no id', async (t) => {
    t.equal((await call('GET', '/admin/tenants/1')).body.code, 'validation_failed');
  });

  await t.test('401, 403: for administrators alone, also of their own tenant', (t) =>
    isForAdministrators(t, platform, 'GET', path),
  );
});
