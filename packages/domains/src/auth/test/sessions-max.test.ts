import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { logIn } from '../../users/test/add-user.ts';
import { claimsOf } from './claims-of.ts';
import { logIn as tryLogIn } from './log-in.ts';
import { statusOf, trailOf } from './person.ts';
import { within } from './within.ts';

t.test('SESSIONS_MAX of a person in a tenant', async (t) => {
  const api = await startApi(t, { env: { SESSIONS_MAX: '3' } });
  const second = await startApi(t, { beside: api });
  const live = async (userId: string, tenantId: string): Promise<number> => {
    const [row] = await api.app.platform.db.querySystem<{ live: number }>(
      (sql) => sql`select count(*)::int as live from sessions where user_id = ${userId}
        and tenant_id = ${tenantId} and revoked_at is null and expires_at > now()`,
    );
    return Number(row?.live);
  };

  await t.test('one more ends the oldest, in every process, and is audited', async (t) => {
    const account = await signUp(api);
    const { email, id } = account.user;
    const enter = () => logIn(api, email, account.tenant.id);
    const others = [await enter(), await enter()];
    t.equal(await statusOf(second, account.token), 200);
    const newest = await enter();
    t.equal(await statusOf(api, account.token), 401, 'here at once');
    t.ok(await within(1_000, async () => (await statusOf(second, account.token)) === 401));
    for (const { token } of [...others, newest]) t.equal(await statusOf(api, token), 200);
    t.match(await trailOf(api, newest, 'session.ended'), [
      {
        actorType: 'system',
        resourceId: claimsOf(account.token).sid,
        after: { reason: 'too_many_sessions', userId: id },
      },
    ]);
  });

  await t.test('those in another tenant, and those that ended, do not count', async (t) => {
    const account = await signUp(api);
    const other = await signUp(api, 'Other');
    await joinTenant(api, other, account.user.id);
    for (let n = 0; n < 3; n++) await logIn(api, account.user.email, other.tenant.id);
    const ended = await logIn(api, account.user.email, account.tenant.id);
    await api.request('POST', '/auth/logout', { token: ended.token });
    for (let n = 0; n < 2; n++) await logIn(api, account.user.email, account.tenant.id);
    t.equal(await statusOf(api, account.token), 200);
    t.equal(await live(account.user.id, account.tenant.id), 3);
    t.equal(await live(account.user.id, other.tenant.id), 3);
  });

  await t.test('of many log-ins at once in two processes as many are left', async (t) => {
    const { user, tenant } = await signUp(api);
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, n) => tryLogIn(n % 2 ? api : second, user.email, password)),
    );
    t.same(
      replies.map(({ status }) => status),
      Array(12).fill(200),
    );
    t.equal(await live(user.id, tenant.id), 3);
  });

  await t.test('one password change ends any number, with one announcement', async (t) => {
    const { token, user, tenant } = await signUp(api);
    const { db, changes } = api.app.platform;
    await db.querySystem(
      (sql) => sql`insert into sessions (id, tenant_id, user_id, seed, expires_at)
        select gen_random_uuid(), ${tenant.id}, ${user.id}, 'seed', now() + interval '1 day'
        from generate_series(1, 5000) returning id`,
    );
    const heard: string[] = [];
    for (const topic of ['auth.session-ended', 'auth.person-signed-out']) {
      changes.on(topic, (key) => heard.push(`${topic} ${key}`));
    }
    const body = { currentPassword: password, newPassword: password };
    t.equal((await api.request('POST', '/auth/password/change', { token, body })).status, 204);
    t.equal(await live(user.id, tenant.id), 1);
    t.same([...new Set(heard)], [`auth.person-signed-out ${user.id}`]);
  });
});
