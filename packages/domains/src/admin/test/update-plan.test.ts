import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isForAdministrators, samplePlan, startPlatform, trailOf } from './administrate.ts';

t.test('PATCH /admin/plans/:planType', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, account, call } = platform;
  const patch = (planType: string, body: unknown, headers = {}) =>
    call('PATCH', `/admin/plans/${planType}`, body, headers);
  const defaults = async (): Promise<string[]> => {
    const { body } = await call('GET', '/admin/plans?limit=100');
    const found = body.data.filter(({ isDefault }: { isDefault: boolean }) => isDefault);
    return found.map(({ planType }: { planType: string }) => planType);
  };
  const usersLimit = async (token: string) =>
    (await api.request('GET', '/tenant/usage', { token })).body.users.limit;

  await t.test('200: what is named is changed, for every tenant of the plan at once', async (t) => {
    const { body: before } = await call('GET', '/admin/plans/free');
    t.equal(await usersLimit(account.token), 5);
    const change = { maxUsers: 7, featuresEnabled: ['export'], retryTail: true, name: 'Gratis' };
    const { status, body } = await patch('free', change);
    t.equal(status, 200);
    t.same(body, { ...before, ...change, updatedAt: body.updatedAt });
    t.equal(await usersLimit(account.token), 7);
    const [entry] = await trailOf(api, admin, 'plan.updated');
    t.match(entry, { actorId: admin.user.id, resourceId: 'free' });
    t.same(entry.before, before);
    t.same(entry.after, body);
  });

  await t.test('200: the default moves, so that new tenants get the other', async (t) => {
    t.match((await patch('pro', { isDefault: true })).body, { isDefault: true });
    t.same(await defaults(), ['pro']);
    const { token } = await signUp(api, 'Next');
    t.equal((await api.request('GET', '/tenant', { token })).body.planType, 'pro');
    t.equal((await patch('free', { isDefault: false })).status, 200, 'it is none already');
    t.equal((await patch('pro', { isDefault: true, maxUsers: 99 })).status, 200, 'it stays one');
    t.same(await defaults(), ['pro']);
    await patch('free', { isDefault: true });
  });

  await t.test('409: the default cannot be taken away', async (t) => {
    const { status, body } = await patch('free', { isDefault: false, maxUsers: 1 });
    t.equal(status, 409);
    t.equal(body.code, 'default_plan');
    t.match((await call('GET', '/admin/plans/free')).body, { isDefault: true, maxUsers: 7 });
  });

  await t.test('one plan is the default at each moment, whatever 50 at once want', async (t) => {
    const names = ['free', 'pro', 'enterprise', 'gold', 'silver'];
    for (const name of names.slice(3)) await call('POST', '/admin/plans', samplePlan(name));
    const seen: number[] = [];
    let done = false;
    const watch = async () => {
      while (!done) seen.push((await defaults()).length);
    };
    const change = (index: number) =>
      patch(names[index % names.length] ?? '', { isDefault: index % 4 !== 3 });
    const watching = watch();
    const replies = await Promise.all(Array.from({ length: 50 }, (_, index) => change(index)));
    done = true;
    await watching;
    t.ok(replies.every(({ status }) => status === 200 || status === 409));
    t.ok(replies.filter(({ status }) => status === 200).length >= 37);
    t.ok(seen.length > 0);
    t.same(new Set([...seen, (await defaults()).length]), new Set([1]));
  });

  await t.test('412: an If-Match of an older version; each change is a new one', async (t) => {
    const { headers } = await call('GET', '/admin/plans/gold');
    const first = { 'if-match': headers.get('etag') ?? '' };
    const replies = await Promise.all(
      [4, 5, 6, 7].map((maxUsers) => patch('gold', { maxUsers }, first)),
    );
    t.equal(replies.filter(({ status }) => status === 200).length, 1);
    const refused = replies.filter(({ status }) => status === 412);
    t.equal(refused.length, 3);
    t.equal(refused[0]?.body.code, 'precondition_failed');
  });

  await t.test('404: there is none of this name', async (t) => {
    t.equal((await patch('copper', { maxUsers: 1 })).body.code, 'not_found');
  });

  await t.test('400: nothing, what cannot be changed, and numbers out of bounds', async (t) => {
    const wrong = [
      {},
      { planType: 'other' },
      { maxUsers: 0 },
      { rateLimit: '5' },
      { retentionDays: 4_000 },
      { isDefault: null },
    ];
    for (const body of wrong) {
      t.equal((await patch('gold', body)).body.code, 'validation_failed', JSON.stringify(body));
    }
  });

  await t.test('401, 403: for administrators alone', (t) =>
    isForAdministrators(t, platform, 'PATCH', '/admin/plans/gold', { maxUsers: 1_000 }),
  );
});
