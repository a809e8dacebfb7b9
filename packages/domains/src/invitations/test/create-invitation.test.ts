import { startApi } from '@trellis/test/api';
import { mailsTo, passMailInterval } from '@trellis/test/mail';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, systemRoleId } from '../../users/test/add-user.ts';
import { accept, expire, invite, newEmail, setMaxUsers } from './invite.ts';

t.test('POST /invitations', async (t) => {
  const api = await startApi(t);
  const create = (token: string | undefined, body: unknown, headers = {}) =>
    api.request('POST', '/invitations', { token, body, headers });
  const get = (path: string, token: string) => api.request('GET', path, { token });

  await t.test('201: invites as member, for a week, and Location leads there', async (t) => {
    const account = await signUp(api);
    const email = newEmail();
    const { status, body, headers } = await create(account.token, { email });
    t.equal(status, 201);
    t.equal(headers.get('location'), `/api/v1/invitations/${body.id}`);
    t.same(Object.keys(body), ['id', 'email', 'roles', 'invitedBy', 'expiresAt', 'createdAt']);
    t.match(body, { email, roles: [{ name: 'member' }], invitedBy: account.user.id });
    const lifeMs = Date.parse(body.expiresAt) - Date.parse(body.createdAt);
    t.ok(Math.abs(lifeMs - 7 * 86_400_000) < 60_000);
    t.same((await get(`/invitations/${body.id}`, account.token)).body, body);
  });

  await t.test('201: mails a link; the token is nowhere else', async (t) => {
    const account = await signUp(api);
    const { id, email, token } = await invite(api, account);
    const { body } = await get(`/invitations/${id}`, account.token);
    const mails = await mailsTo(api, email);
    t.match(mails, [
      {
        template: 'invitation',
        values: {
          inviter: account.user.name,
          tenantName: account.tenant.name,
          link: /\/accept-invitation#token=[\w-]{43}$/,
          expiresAt: body.expiresAt,
        },
      },
    ]);
    t.equal(mails.length, 1);
    const trail = await get(`/audit-logs?resourceId=${id}`, account.token);
    t.match(trail.body.data, [
      { action: 'invitation.created', actorId: account.user.id, before: null },
    ]);
    t.same(trail.body.data[0].after, body);
    const [row] = await api.app.platform.db.querySystem(
      (sql) => sql`select * from invitations where id = ${id}`,
    );
    for (const kept of [trail.body, body, row]) {
      t.notOk(JSON.stringify(kept).includes(token));
    }
  });

  await t.test('201: gives the named roles, or none at all', async (t) => {
    const account = await signUp(api);
    const admin = await systemRoleId(api, account, 'admin');
    const named = await create(account.token, { email: newEmail(), roleIds: [admin] });
    t.same(named.body.roles, [{ id: admin, name: 'admin' }]);
    t.same((await create(account.token, { email: newEmail(), roleIds: [] })).body.roles, []);
  });

  await t.test('201: an API key invites, and the mail names nobody', async (t) => {
    const account = await signUp(api);
    const key = await api.request('POST', '/api-keys', {
      token: account.token,
      body: { name: 'Staff sync', permissions: ['users:write', '*:read'] },
    });
    const email = newEmail();
    const { status, body } = await create(undefined, { email }, { 'x-api-key': key.body.key });
    t.equal(status, 201);
    t.equal(body.invitedBy, null);
    t.match(await mailsTo(api, email), [{ values: { inviter: null } }]);
  });

  await t.test('201: a repeat with the same Idempotency-Key mails nothing twice', async (t) => {
    const account = await signUp(api);
    const email = newEmail();
    const key = { 'idempotency-key': 'invite-once' };
    const first = await create(account.token, { email }, key);
    const again = await create(account.token, { email }, key);
    t.same([first.status, again.status], [201, 201]);
    t.same(again.body, first.body);
    t.equal(again.headers.get('location'), first.headers.get('location'));
    t.equal((await mailsTo(api, email)).length, 1);
  });

  await t.test('409: one pending for an address, in any case; other tenants may too', async (t) => {
    const [account, other] = await Promise.all([signUp(api, 'A'), signUp(api, 'B')]);
    const { id, email } = await invite(api, account);
    const { status, body } = await create(account.token, { email: email.toUpperCase() });
    t.equal(status, 409);
    t.equal(body.code, 'invitation_exists');
    t.equal((await create(other.token, { email })).status, 201);
    await expire(api, id);
    await passMailInterval(api);
    const renewed = await create(account.token, { email });
    t.equal(renewed.status, 201, 'an expired one does not count');
    t.not(renewed.body.id, id);
  });

  await t.test('409: ten at once for one address are one invitation and one mail', async (t) => {
    const account = await signUp(api);
    await setMaxUsers(api, account, 100);
    const email = newEmail();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => create(account.token, { email })),
    );
    t.same(replies.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
    t.equal((await mailsTo(api, email)).length, 1);
  });

  await t.test('409: a member, disabled or not; and nobody invited is added', async (t) => {
    const account = await signUp(api);
    const { token } = account;
    const user = await addUser(api, account, ['*:read']);
    const refused = await create(token, { email: user.email.toUpperCase() });
    t.equal(refused.status, 409);
    t.equal(refused.body.code, 'user_exists');
    const path = `/users/${user.id}`;
    await api.request('PATCH', path, { token, body: { status: 'disabled' } });
    t.equal((await create(token, { email: user.email })).body.code, 'user_exists');
    const { id, email } = await invite(api, account);
    const add = () => api.request('POST', '/users', { token, body: { email, name: 'Ada' } });
    t.equal((await add()).body.code, 'invitation_exists');
    await expire(api, id);
    t.equal((await add()).status, 201);
  });

  await t.test('409: invited and added at once, the person is one of the two', async (t) => {
    const account = await signUp(api);
    await setMaxUsers(api, account, 100);
    const { token } = account;
    for (let round = 0; round < 5; round++) {
      const email = newEmail();
      const [invited, added] = await Promise.all([
        create(token, { email }),
        api.request('POST', '/users', { token, body: { email, name: 'Ada' } }),
      ]);
      t.same([invited.status, added.status].sort(), [201, 409]);
    }
  });

  await t.test('403: nobody gives a role that holds more than they do', async (t) => {
    const account = await signUp(api);
    const limited = await addUser(api, account, ['users:write']);
    for (const name of ['member', 'admin', 'owner']) {
      const roleIds = [limited.roleId, await systemRoleId(api, account, name)];
      const { status, body } = await create(limited.token, { email: newEmail(), roleIds });
      t.equal(status, 403);
      t.equal(body.code, 'permission_escalation');
    }
    const { body } = await create(limited.token, { email: newEmail() });
    t.equal(body.code, 'permission_escalation', 'nor by default');
    const own = { email: newEmail(), roleIds: [limited.roleId] };
    t.equal((await create(limited.token, own)).status, 201);
  });

  await t.test('403: the plan is full, and nothing is left behind', async (t) => {
    const account = await signUp(api);
    await setMaxUsers(api, account, 1);
    const email = newEmail();
    const { status, body } = await create(account.token, { email });
    t.equal(status, 403);
    t.equal(body.code, 'plan_limit_reached');
    t.same(await mailsTo(api, email), []);
    t.same((await get('/invitations', account.token)).body.data, []);
  });

  await t.test('422: a role of another tenant is no role here', async (t) => {
    const [account, stranger] = await Promise.all([signUp(api, 'A'), signUp(api, 'B')]);
    const roleIds = [await systemRoleId(api, account, 'member')];
    const { status, body } = await create(stranger.token, { email: newEmail(), roleIds });
    t.equal(status, 422);
    t.equal(body.code, 'unknown_role');
  });

  await t.test('429: one mail a minute for each address, withdrawn or not', async (t) => {
    const [account, other] = await Promise.all([signUp(api, 'A'), signUp(api, 'B')]);
    const { id, email } = await invite(api, account);
    await api.request('DELETE', `/invitations/${id}`, { token: account.token });
    const { status, body, headers } = await create(account.token, { email: email.toUpperCase() });
    t.equal(status, 429);
    t.equal(body.code, 'mail_sent_recently');
    const seconds = Number(headers.get('retry-after'));
    t.ok(seconds > 0 && seconds <= 60, `${seconds} s`);
    t.equal((await create(other.token, { email })).status, 201, 'each tenant by itself');
    t.equal((await create(account.token, { email: newEmail() })).status, 201);
    t.equal((await mailsTo(api, email)).length, 2);
    t.same((await get('/invitations', account.token)).body.data.length, 1);
  });

  await t.test('429: a tenant invites so many in an hour, and no more', async (t) => {
    const strict = await startApi(t, { beside: api, env: { INVITATIONS_PER_HOUR_MAX: '3' } });
    const [account, other] = await Promise.all([signUp(api, 'A'), signUp(api, 'B')]);
    const ask = ({ token }: Pick<typeof account, 'token'>) =>
      strict.request('POST', '/invitations', { token, body: { email: newEmail() } });
    for (let count = 0; count < 3; count++) {
      const { status, body } = await ask(account);
      t.equal(status, 201);
      await api.request('DELETE', `/invitations/${body.id}`, { token: account.token });
    }
    const { status, body, headers } = await ask(account);
    t.equal(status, 429);
    t.equal(body.code, 'too_many_invitations');
    const seconds = Number(headers.get('retry-after'));
    t.ok(seconds > 0 && seconds <= 1_200, `a third of an hour at most: ${seconds} s`);
    t.equal((await ask(other)).status, 201);
    await api.app.platform.db.querySystem(
      (sql) => sql`
        update login_throttles set expires_at = expires_at - interval '20 minutes'
        where key like 'mail:%'`,
    );
    t.equal((await ask(account)).status, 201, 'one more after its part of the hour');
    t.equal((await ask(account)).body.code, 'too_many_invitations');
  });

  await t.test('400, 401, 403: not valid, without a token, without users:write', async (t) => {
    const account = await signUp(api);
    const bad = [{}, { email: 'nobody' }, { email: newEmail(), roleIds: ['owner'] }];
    for (const body of [...bad, { email: newEmail(), name: 'Ada' }]) {
      t.equal((await create(account.token, body)).body.code, 'validation_failed');
    }
    t.equal((await create(undefined, { email: newEmail() })).status, 401);
    const reader = await addUser(api, account, ['*:read']);
    t.equal((await create(reader.token, { email: newEmail() })).body.code, 'forbidden');
  });

  await t.test('201: who was invited by somebody who left can still accept', async (t) => {
    const account = await signUp(api);
    const inviter = await addUser(api, account, ['users:write', '*:read']);
    const { token } = await invite(api, inviter);
    await api.request('DELETE', `/users/${inviter.id}`, { token: account.token });
    const input = { token, name: 'Grace Hopper', password: 'another long password' };
    t.equal((await accept(api, input)).status, 200);
  });
});
