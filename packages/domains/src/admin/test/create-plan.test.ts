import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isForAdministrators, samplePlan, startPlatform, trailOf } from './administrate.ts';

t.test('POST /admin/plans', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, call } = platform;
  const create = (body: unknown, headers = {}) => call('POST', '/admin/plans', body, headers);
  const get = async (planType: string) => (await call('GET', `/admin/plans/${planType}`)).body;

  await t.test('201: with Location, what is left out at its default', async (t) => {
    const { status, body, headers } = await create(samplePlan('team'));
    t.equal(status, 201);
    t.equal(headers.get('location'), '/api/v1/admin/plans/team');
    const { createdAt, updatedAt, ...plan } = body;
    t.same(plan, {
      ...samplePlan('team'),
      retryTail: false,
      webhookFailureDays: 5,
      featuresEnabled: [],
      isDefault: false,
      isPublic: true,
      tenants: 0,
    });
    t.same(await get('team'), body);
    const shown = await api.request('GET', '/admin/plans/team', { token: admin.token });
    t.equal(headers.get('etag'), shown.headers.get('etag'));
    const [entry] = await trailOf(api, admin, 'plan.created');
    t.match(entry, { actorId: admin.user.id, resourceId: 'team', before: null });
    t.same(entry.after, body);
  });

  await t.test('201: one that is the default from then on, in place of the other', async (t) => {
    t.match((await create(samplePlan('trial', { isDefault: true }))).body, { isDefault: true });
    t.match(await get('free'), { isDefault: false });
    const { token } = await signUp(api, 'Newcomer');
    t.equal((await api.request('GET', '/tenant', { token })).body.planType, 'trial');
  });

  await t.test('201: a repeat with the same Idempotency-Key makes it once', async (t) => {
    const key = { 'idempotency-key': 'plan-once' };
    const first = await create(samplePlan('once'), key);
    const second = await create(samplePlan('once'), key);
    t.same([first.status, second.status], [201, 201]);
    t.same(second.body, first.body);
  });

  await t.test('409: a name that is taken, also by one of many at once', async (t) => {
    const taken = await create(samplePlan('free', { isDefault: true }));
    t.equal(taken.status, 409);
    t.equal(taken.body.code, 'plan_exists');
    t.match(await get('free'), { name: 'Free', isDefault: false }, 'nothing of it has happened');
    const replies = await Promise.all(Array.from({ length: 10 }, () => create(samplePlan('race'))));
    t.equal(replies.filter(({ status }) => status === 201).length, 1);
    t.equal(replies.filter(({ status }) => status === 409).length, 9);
  });

  await t.test('400: what is no plan, and numbers out of their bounds', async (t) => {
    const { maxUsers: _, ...incomplete } = samplePlan('less');
    const wrong: Record<string, unknown>[] = [
      incomplete,
      ...['', 'Team', 'a b', '-a', 'a'.repeat(51), 'é'].map((planType) => samplePlan(planType)),
      { rateLimit: 0 },
      { rateLimit: 1_000_001 },
      { maxUsers: 0 },
      { maxUsers: 1.5 },
      { maxStorage: -1 },
      { maxStorage: 2 ** 50 + 1 },
      { maxWebhooks: 100_001 },
      { maxEvents: 2 ** 31 },
      { retentionDays: 0 },
      { retentionDays: 3_651 },
      { webhookFailureDays: 0 },
      { webhookFailureDays: 366 },
      { featuresEnabled: ['a', 'a'] },
      { featuresEnabled: ['no spaces'] },
      { name: ' ' },
      { tenants: 1 },
    ].map((change) => ('planType' in change ? change : samplePlan('wrong', change)));
    for (const body of wrong) {
      t.equal((await create(body)).body.code, 'validation_failed', JSON.stringify(body));
    }
  });

  await t.test('201: each number at its bounds', async (t) => {
    const least = { maxUsers: 1, maxStorage: 0, maxWebhooks: 0, maxEvents: 0, rateLimit: 1 };
    const most = {
      rateLimit: 1_000_000,
      maxUsers: 1_000_000,
      maxStorage: 2 ** 50,
      maxWebhooks: 100_000,
      maxEvents: 2 ** 31 - 1,
      retentionDays: 3_650,
      webhookFailureDays: 365,
    };
    for (const [planType, limits] of Object.entries({ least, most })) {
      const { status, body } = await create(samplePlan(planType, limits));
      t.equal(status, 201);
      t.match(body, limits);
    }
  });

  await t.test('401, 403: for administrators alone', (t) =>
    isForAdministrators(t, platform, 'POST', '/admin/plans', samplePlan('theirs')),
  );
});
