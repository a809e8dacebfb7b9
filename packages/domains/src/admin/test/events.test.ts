import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import {
  publishes,
  publishesNothing,
  subscribeAll,
  typesOf,
  whileNothingCommits,
} from '../../events/test/emitted.ts';
import { invite } from '../../invitations/test/invite.ts';
import { planChanged } from '../../plans/events.ts';
import { tenantUpdated } from '../../tenants/events.ts';
import { startPlatform } from './administrate.ts';

t.test('a tenant hears of what the platform changed', async (t) => {
  const { api, account, call } = await startPlatform(t);
  const neighbour = await signUp(api, 'Neighbour');
  await subscribeAll(api, account, neighbour);
  const path = `/admin/tenants/${account.tenant.id}`;
  const put = (body: object) => call('PUT', `${path}/plan`, body);
  const { body: shown } = await api.request('GET', '/tenant', { token: account.token });

  await t.test('of its plan: what to keep to, and when', async (t) => {
    const overrides = { maxUsers: 7, featuresEnabled: ['export'] };
    const told = (
      planType: string,
      previousPlanType: string,
      limits: object,
      graceUntil = null,
    ) => ({
      ...{ planType, previousPlanType, limits, graceUntil },
    });
    await publishes(
      t,
      api,
      account,
      () => put({ planType: 'pro', overrides }),
      ({ body }) => [[planChanged, told('pro', 'free', body.limits)]],
    );
    await invite(api, account);
    await publishes(
      t,
      api,
      account,
      () => put({ planType: 'pro', overrides: { ...overrides, maxUsers: 1 }, graceDays: 9 }),
      ({ body }) => {
        t.match(body.limits, { maxUsers: 2 });
        const limits = { ...body.limits, maxUsers: 1 };
        return [[planChanged, told('pro', 'pro', limits, body.grace.until)]];
      },
    );
  });

  await t.test('of a suspension and its end, as the tenant is shown itself', async (t) => {
    await publishes(
      t,
      api,
      account,
      async () => {
        await call('PATCH', path, { status: 'suspended' });
        await call('PATCH', path, { status: 'active' });
      },
      () => [
        [tenantUpdated, { ...shown, planType: 'pro' }],
        [tenantUpdated, { ...shown, planType: 'pro', status: 'suspended' }],
      ],
    );
  });

  await t.test('not of what changes nothing, is refused or rolled back', async (t) => {
    const { body: before } = await call('GET', path);
    const cases: [status: number, act: () => ReturnType<typeof call>][] = [
      [200, () => call('PATCH', path, { status: 'active' })],
      [409, () => put({ planType: 'free', overrides: { maxWebhooks: 0 } })],
      [422, () => put({ planType: 'gold' })],
      [500, () => whileNothingCommits(api, () => put({ planType: 'enterprise' }))],
      [500, () => whileNothingCommits(api, () => call('PATCH', path, { status: 'suspended' }))],
    ];
    for (const [status, act] of cases) {
      t.equal((await publishesNothing(t, api, account, act)).status, status);
    }
    const { body: after } = await call('GET', path);
    t.same({ ...after, updatedAt: null }, { ...before, updatedAt: null });
  });

  await t.test('and no other tenant does', async (t) => {
    t.same(await typesOf(api, neighbour), []);
  });
});
