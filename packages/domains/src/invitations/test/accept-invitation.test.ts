import { startApi } from '@trellis/test/api';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, logIn, systemRoleId } from '../../users/test/add-user.ts';
import { accept, expire, invite, newEmail, setMaxUsers, verifyEmail } from './invite.ts';

t.test('POST /invitations/accept', async (t) => {
  const api = await startApi(t);
  const { db } = api.app.platform;
  const person = { name: 'Grace Hopper', password };
  const permissionsOf = async (token: string) =>
    (await api.request('GET', '/auth/me', { token })).body.permissions;

  await t.test('200: somebody new gets an account, and can log in', async (t) => {
    const account = await signUp(api);
    const { email, token } = await invite(api, account);
    const { status, body } = await accept(api, { token, ...person });
    t.equal(status, 200);
    t.same(body, {
      user: { id: body.user.id, email, name: person.name },
      tenant: account.tenant,
    });
    const session = await logIn(api, email, account.tenant.id);
    t.same(await permissionsOf(session.token), ['*:read']);
    const shown = await api.request('GET', `/users/${body.user.id}`, { token: account.token });
    t.match(shown.body, { email, name: person.name, status: 'active' });
    const [row] = await db.querySystem(
      (sql) => sql`select email_verified_at from users where id = ${body.user.id}`,
    );
    t.ok(row?.email_verified_at, 'the link proved the address');
  });

  await t.test('200: an existing person joins with the password of the account', async (t) => {
    const [account, home] = await Promise.all([signUp(api, 'New'), signUp(api, 'Home')]);
    await verifyEmail(api, home.user.id);
    const { token } = await invite(api, account, { email: home.user.email.toUpperCase() });
    const { status, body } = await accept(api, { token, password });
    t.equal(status, 200);
    t.same(body, { user: home.user, tenant: account.tenant });
    t.same(await permissionsOf(home.token), ['*', 'tenant:own'], 'at home nothing changes');
    const session = await logIn(api, home.user.email, account.tenant.id);
    t.same(await permissionsOf(session.token), ['*:read']);
  });

  await t.test('200: the audit names the person, who acts for themselves', async (t) => {
    const account = await signUp(api);
    const { id, email, token } = await invite(api, account);
    const { body } = await accept(api, { token, ...person });
    const trail = await api.request('GET', '/audit-logs?action=invitation.accepted', {
      token: account.token,
    });
    t.match(trail.body.data, [
      {
        actorType: 'user',
        actorId: body.user.id,
        resourceId: id,
        before: { email },
        after: { userId: body.user.id, roles: [{ name: 'member' }] },
      },
    ]);
    t.ok(trail.body.data[0].ip);
  });

  await t.test('200: the roles that are left are given, and no other', async (t) => {
    const account = await signUp(api);
    const kept = await systemRoleId(api, account, 'admin');
    const makeRole = async (name: string) =>
      (
        await api.request('POST', '/roles', {
          token: account.token,
          body: { name, permissions: ['users:read'] },
        })
      ).body.id;
    const gone = await makeRole('Passing');
    const both = await invite(api, account, { roleIds: [kept, gone] });
    const none = await invite(api, account, { roleIds: [gone] });
    await api.request('DELETE', `/roles/${gone}`, { token: account.token });
    for (const [{ email, token }, permissions] of [
      [both, ['*']],
      [none, []],
    ] as const) {
      await accept(api, { token, ...person });
      const session = await logIn(api, email, account.tenant.id);
      t.same(await permissionsOf(session.token), permissions);
    }
  });

  await t.test('200: one of twenty at once, in two processes', async (t) => {
    const second = await startApi(t, { beside: api });
    const account = await signUp(api);
    const home = await signUp(api, 'Home');
    await verifyEmail(api, home.user.id);
    const fresh = { ...(await invite(api, account)), details: person };
    const known = {
      ...(await invite(api, account, { email: home.user.email })),
      details: { password },
    };
    for (const { token, details } of [fresh, known]) {
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          accept(index % 2 ? api : second, { token, ...details }),
        ),
      );
      t.equal(replies.filter(({ status }) => status === 200).length, 1);
      const refused = replies.filter(({ status }) => status !== 200);
      t.ok(refused.every(({ body }) => body.code === 'invitation_invalid'));
    }
  });

  await t.test('200: the place in the plan is the one that the invitation held', async (t) => {
    const account = await signUp(api);
    await setMaxUsers(api, account, 2);
    const { token } = await invite(api, account);
    t.equal((await accept(api, { token, ...person })).status, 200);
    const { body } = await api.request('POST', '/invitations', {
      token: account.token,
      body: { email: newEmail() },
    });
    t.equal(body.code, 'plan_limit_reached');
  });

  await t.test('422: a token that is unknown, used or expired', async (t) => {
    const account = await signUp(api);
    const used = await invite(api, account);
    await accept(api, { token: used.token, ...person });
    const expired = await invite(api, account);
    await expire(api, expired.id);
    for (const token of ['unknown', used.token, expired.token]) {
      const { status, body } = await accept(api, { token, ...person });
      t.equal(status, 422);
      t.equal(body.code, 'invitation_invalid');
    }
    const people = await db.querySystem(
      (sql) => sql`select id from users where email = ${expired.email}`,
    );
    t.same(people, []);
  });

  await t.test('422: somebody new gives name and password, somebody known no name', async (t) => {
    const account = await signUp(api);
    const home = await signUp(api, 'Home');
    await verifyEmail(api, home.user.id);
    const fresh = await invite(api, account);
    for (const details of [{}, { name: person.name }, { password }]) {
      const { status, body } = await accept(api, { token: fresh.token, ...details });
      t.equal(status, 422);
      t.equal(body.code, 'account_details_required');
    }
    const known = await invite(api, account, { email: home.user.email });
    for (const details of [{}, person, { name: person.name }]) {
      const { status, body } = await accept(api, { token: known.token, ...details });
      t.equal(status, 422);
      t.equal(body.code, 'account_exists');
    }
    t.equal((await accept(api, { token: fresh.token, ...person })).status, 200, 'still good');
    t.equal((await accept(api, { token: known.token, password })).status, 200, 'still good');
    await logIn(api, home.user.email, home.tenant.id);
  });

  await t.test('403: a disabled person, a suspended tenant', async (t) => {
    const [account, home] = await Promise.all([signUp(api, 'New'), signUp(api, 'Home')]);
    await verifyEmail(api, home.user.id);
    const { token } = await invite(api, account, { email: home.user.email });
    await db.querySystem(
      (sql) => sql`update users set disabled_at = now() where id = ${home.user.id}`,
    );
    const disabled = await accept(api, { token, password });
    t.equal(disabled.status, 403);
    t.equal(disabled.body.code, 'account_disabled');
    await db.querySystem(
      (sql) => sql`update users set disabled_at = null where id = ${home.user.id}`,
    );
    await db.querySystem(
      (sql) => sql`update tenants set status = 'suspended' where id = ${account.tenant.id}`,
    );
    const suspended = await accept(api, { token, password });
    t.equal(suspended.status, 403);
    t.equal(suspended.body.code, 'tenant_suspended');
    await db.querySystem(
      (sql) => sql`update tenants set status = 'active' where id = ${account.tenant.id}`,
    );
    t.equal((await accept(api, { token, password })).status, 200, 'the token was not used up');
  });

  await t.test('409: a member already, also a disabled one', async (t) => {
    const account = await signUp(api);
    const user = await addUser(api, account, ['*:read']);
    await verifyEmail(api, user.id);
    // No call brings this about, so the invitation is turned to the member behind their back.
    const { id, token } = await invite(api, account);
    await db.querySystem(
      (sql) => sql`update invitations set email = ${user.email} where id = ${id}`,
    );
    for (const status of ['active', 'disabled']) {
      const path = `/users/${user.id}`;
      await api.request('PATCH', path, { token: account.token, body: { status } });
      const reply = await accept(api, { token, password });
      t.equal(reply.status, 409);
      t.equal(reply.body.code, 'user_exists');
    }
  });

  await t.test('400: a body that is not valid', async (t) => {
    const bad = [
      {},
      { token: '' },
      { token: 'x'.repeat(129) },
      { token: 'unknown', password: 'short' },
      { token: 'unknown', name: ' ' },
      { token: 'unknown', email: 'ada@example.com' },
    ];
    for (const body of bad) {
      t.equal((await accept(api, body)).body.code, 'validation_failed');
    }
  });
});
