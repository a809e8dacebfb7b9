import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { joinTenant } from '@trellis/test/join-tenant';
import { type Account, password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { logIn, throttleOf, unblock } from './log-in.ts';
import { enableMfa, wrongCodeOf } from './second-factor.ts';

const wrong = 'not the password';

t.test('a refused log-in of a person who exists', async (t) => {
  const api = await startApi(t);
  const trailOf = async ({ token }: Account, actions: string[]) => {
    const { body } = await api.request('GET', '/audit-logs?limit=100', { token });
    return body.data.filter(({ action }: { action: string }) => actions.includes(action));
  };
  const denials = (account: Account, count: number) =>
    eventually(async () => {
      const found = await trailOf(account, ['session.denied']);
      return found.length >= count ? found : undefined;
    });

  await t.test('is audited, with why and from where, and without the password', async (t) => {
    const account = await signUp(api);
    const { email, id } = account.user;
    await api.request('POST', '/auth/login', {
      body: { email, password: wrong },
      headers: { 'user-agent': 'guesser/1', 'x-request-id': 'guess-1' },
    });
    const trail = await denials(account, 1);
    t.match(trail, [
      {
        action: 'session.denied',
        // Nobody knows who that was.
        actorType: 'system',
        actorId: null,
        resourceType: 'user',
        resourceId: id,
        after: { reason: 'invalid_credentials' },
        ip: '127.0.0.1',
        userAgent: 'guesser/1',
        requestId: 'guess-1',
      },
    ]);
    t.notMatch(JSON.stringify(trail), wrong);
  });

  await t.test('is audited in the tenant that would have been chosen', async (t) => {
    const account = await signUp(api, 'Home');
    const other = await signUp(api, 'Other');
    const stranger = await signUp(api, 'Stranger');
    await joinTenant(api, other, account.user.id);
    await logIn(api, account.user.email, wrong, other.tenant.id);
    t.equal((await denials(other, 1)).length, 1);
    await logIn(api, account.user.email, wrong);
    t.equal((await denials(account, 1)).length, 1);
    // To name a tenant that one is not in is no way around the audit.
    await logIn(api, account.user.email, wrong, stranger.tenant.id);
    await logIn(api, account.user.email, password, stranger.tenant.id);
    const reasons = (await denials(account, 3)).map(
      ({ after }: { after: { reason: string } }) => after.reason,
    );
    t.same(reasons.sort(), ['invalid_credentials', 'invalid_credentials', 'no_membership']);
    t.same(await trailOf(stranger, ['session.denied']), []);
  });

  await t.test('tells a disabled person apart, where the answer does not', async (t) => {
    const account = await signUp(api);
    const leaver = await signUp(api, 'Leaver');
    await joinTenant(api, account, leaver.user.id);
    const { asSystem } = api.app.platform.db;
    await asSystem(
      (tx) => tx.sql`update users set disabled_at = now() where id = ${leaver.user.id}`,
    );
    const { body } = await logIn(api, leaver.user.email, password, account.tenant.id);
    t.equal(body.code, 'invalid_credentials');
    t.match(await denials(account, 1), [{ after: { reason: 'person_disabled' } }]);
  });

  await t.test('is audited once more when the account has to wait from then on', async (t) => {
    const account = await signUp(api);
    const { email, id } = account.user;
    for (let tries = 0; tries < 8; tries++) await logIn(api, email, wrong);
    t.equal((await denials(account, 5)).length, 5, 'tries that are not checked are left out');
    await unblock(api, email);
    await logIn(api, email, wrong);
    t.equal((await throttleOf(api, email))?.failures, 6);
    await denials(account, 6);
    t.match(await trailOf(account, ['user.throttled']), [
      { actorType: 'system', resourceType: 'user', resourceId: id },
    ]);
  });

  await t.test('is audited once more when the codes have to wait from then on', async (t) => {
    const account = await signUp(api);
    const { email, id } = account.user;
    const { secret } = await enableMfa(api, account);
    const code = wrongCodeOf(secret);
    for (let tries = 0; tries < 5; tries++) {
      await api.request('POST', '/auth/login', { body: { email, password, code } });
    }
    t.match(await denials(account, 5), Array(5).fill({ after: { reason: 'mfa_code_invalid' } }));
    t.match(await trailOf(account, ['user.throttled']), [{ resourceId: id }]);
  });

  await t.test('is in the audit before the API has stopped', async (t) => {
    const account = await signUp(api);
    const second = await startApi(t, { beside: api });
    await logIn(second, account.user.email, wrong);
    await second.app.close();
    t.equal((await trailOf(account, ['session.denied'])).length, 1);
  });
});
