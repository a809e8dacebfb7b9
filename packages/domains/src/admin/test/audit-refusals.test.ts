import { randomUUID } from 'node:crypto';
import { subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { samplePlan, startPlatform, trailOf } from './administrate.ts';

t.test('what an administrator asks for and does not get is audited', async (t) => {
  const { api, admin, account, call } = await startPlatform(t);
  const { id } = account.tenant;
  await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const plan = { planType: 'pro', overrides: { maxWebhooks: 0 } };
  const stale = { 'if-match': '"1"' };
  const someId = randomUUID();

  interface Case {
    request: [method: string, path: string, body?: unknown, headers?: Record<string, string>];
    status: number;
    entry: { resourceType: string; resourceId: string | null };
    after: { action: string; code: string };
  }
  const tenant = (resourceId: string) => ({ resourceType: 'tenant', resourceId });
  const cases: Case[] = [
    {
      request: ['GET', `/admin/tenants/${someId.toUpperCase()}`],
      status: 404,
      entry: tenant(someId),
      after: { action: 'tenant.read', code: 'not_found' },
    },
    {
      request: ['GET', '/admin/tenants/a%00b'],
      status: 400,
      entry: { resourceType: 'tenant', resourceId: null },
      after: { action: 'tenant.read', code: 'validation_failed' },
    },
    {
      request: ['GET', `/admin/plans/${'long'.repeat(20)}`],
      status: 400,
      entry: { resourceType: 'plan', resourceId: null },
      after: { action: 'plan.read', code: 'validation_failed' },
    },
    {
      request: ['PATCH', `/admin/tenants/${admin.tenant.id}`, { status: 'suspended' }],
      status: 409,
      entry: tenant(admin.tenant.id),
      after: { action: 'tenant.status_changed', code: 'platform_tenant' },
    },
    {
      request: ['PATCH', `/admin/tenants/${id}`, { status: 'suspended' }, stale],
      status: 412,
      entry: tenant(id),
      after: { action: 'tenant.status_changed', code: 'precondition_failed' },
    },
    {
      request: ['PUT', `/admin/tenants/${id}/plan`, { planType: 'copper' }],
      status: 422,
      entry: tenant(id),
      after: { action: 'tenant.plan_changed', code: 'unknown_plan' },
    },
    {
      request: ['PUT', `/admin/tenants/${id}/plan`, plan],
      status: 409,
      entry: tenant(id),
      after: { action: 'tenant.plan_changed', code: 'plan_below_use' },
    },
    {
      request: ['POST', '/admin/plans', samplePlan('free')],
      status: 409,
      entry: { resourceType: 'plan', resourceId: null },
      after: { action: 'plan.created', code: 'plan_exists' },
    },
    {
      request: ['PATCH', '/admin/plans/free', { isDefault: false }],
      status: 409,
      entry: { resourceType: 'plan', resourceId: 'free' },
      after: { action: 'plan.updated', code: 'default_plan' },
    },
  ];
  for (const { request, status, entry, after } of cases) {
    const [method, path] = request;
    await t.test(`${status} ${after.code}: ${method} ${path}`, async (t) => {
      const before = await trailOf(api, admin, 'admin.refused');
      t.equal((await call(...request)).status, status);
      const [told, ...others] = await trailOf(api, admin, 'admin.refused');
      t.same(others, before, 'once');
      t.match(told, { actorType: 'user', actorId: admin.user.id, ip: '127.0.0.1', ...entry });
      t.match(told.after, { ...after, status });
      t.match(told.after.route, `${method} /api/v1/admin/`);
    });
  }

  await t.test('a 403 is one already, and who is unknown has no trail', async (t) => {
    const before = await trailOf(api, admin, 'admin.refused');
    const { token } = account;
    t.equal((await api.request('GET', '/admin/tenants', { token })).status, 403);
    t.equal((await api.request('GET', '/admin/tenants')).status, 401);
    t.same(await trailOf(api, admin, 'admin.refused'), before);
    t.same(await trailOf(api, account, 'admin.refused'), []);
    t.equal((await trailOf(api, account, 'access.denied')).length, 1);
  });

  await t.test('200: what was done is none', async (t) => {
    const before = await trailOf(api, admin, 'admin.refused');
    t.equal((await call('GET', `/admin/tenants/${id}`)).status, 200);
    t.same(await trailOf(api, admin, 'admin.refused'), before);
  });
});
