import t from 'tap';
import { isForAdministrators, startPlatform, trailOf } from './administrate.ts';

t.test('GET /admin/plans/:planType', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, call } = platform;

  await t.test('200: the plan with its ETag; the look is in the trail', async (t) => {
    const { status, body, headers } = await call('GET', '/admin/plans/pro');
    t.equal(status, 200);
    t.match(body, { planType: 'pro', name: 'Pro', maxUsers: 100, tenants: 0, isDefault: false });
    t.match(headers.get('etag'), /^"\w+"$/);
    const [entry] = await trailOf(api, admin, 'plan.read');
    t.match(entry, { actorId: admin.user.id, resourceType: 'plan', resourceId: 'pro' });
  });

  await t.test('404: there is none of this name', async (t) => {
    const { status, body } = await call('GET', '/admin/plans/gold');
    t.equal(status, 404);
    t.equal(body.code, 'not_found');
  });

  await t.test('400: what can be the name of no plan', async (t) => {
    t.equal((await call('GET', '/admin/plans/Gold')).body.code, 'validation_failed');
  });

  await t.test('401, 403: for administrators alone', (t) =>
    isForAdministrators(t, platform, 'GET', '/admin/plans/pro'),
  );
});
