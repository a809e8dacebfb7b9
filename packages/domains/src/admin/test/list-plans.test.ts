import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isForAdministrators, samplePlan, startPlatform, trailOf } from './administrate.ts';

t.test('GET /admin/plans', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, call } = platform;
  const get = (query = '') => call('GET', `/admin/plans${query}`);
  const namesOf = (body: { data: { planType: string }[] }) =>
    body.data.map(({ planType }) => planType);

  await t.test('200: every plan with all that it says, and how many tenants have it', async (t) => {
    await signUp(api);
    const { status, body } = await get();
    t.equal(status, 200);
    t.same(namesOf(body), ['enterprise', 'free', 'pro']);
    const { createdAt, updatedAt, rateLimit, ...free } = body.data[1];
    t.ok(rateLimit >= 600);
    t.same(free, {
      planType: 'free',
      name: 'Free',
      maxUsers: 5,
      maxStorage: 1_073_741_824,
      maxWebhooks: 5,
      maxEvents: 100_000,
      retentionDays: 7,
      retryTail: false,
      webhookFailureDays: 5,
      featuresEnabled: [],
      isDefault: true,
      isPublic: true,
      tenants: 2,
    });
    t.ok(Date.parse(createdAt) <= Date.parse(updatedAt));
    t.match(body.data[0], { tenants: 1 }, 'the tenant of the platform');
    t.match(body.data[2], { tenants: 0 });
  });

  await t.test('200: pages that stay right while plans are made', async (t) => {
    const first = await get('?limit=2');
    t.same(namesOf(first.body), ['enterprise', 'free']);
    await call('POST', '/admin/plans', samplePlan('basic'));
    const second = await get(`?limit=2&cursor=${first.body.nextCursor}`);
    t.same(namesOf(second.body), ['pro']);
    t.equal(second.body.nextCursor, null);
  });

  await t.test('each look is in the trail of the platform', async (t) => {
    const before = await trailOf(api, admin, 'plan.listed');
    await get();
    const after = await trailOf(api, admin, 'plan.listed');
    t.equal(after.length, before.length + 1);
    t.match(after[0], { actorType: 'user', actorId: admin.user.id, resourceType: 'plan' });
  });

  await t.test('400: a query that is not valid', async (t) => {
    t.equal((await get('?limit=0')).body.code, 'validation_failed');
    for (const cursor of ['x', 'Zm9v', Buffer.from('plan/').toString('base64url')]) {
      t.equal((await get(`?cursor=${cursor}`)).body.code, 'invalid_cursor');
    }
  });

  await t.test('401, 403: for administrators alone', (t) =>
    isForAdministrators(t, platform, 'GET', '/admin/plans'),
  );
});
