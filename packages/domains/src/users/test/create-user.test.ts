import { randomBytes } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { type Account, password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { enableMfa } from '../../auth/test/second-factor.ts';
import { setMaxUsers } from '../../invitations/test/invite.ts';
import { addUser, logIn, systemRoleId } from './add-user.ts';

t.test('POST /users', async (t) => {
  const api = await startApi(t);
  const create = (token: string | undefined, body: unknown) =>
    api.request('POST', '/users', { token, body });
  const newEmail = () => `new-${randomBytes(5).toString('hex')}@example.com`;
  const usersOf = async ({ token }: Account) =>
    (await api.request('GET', '/users?limit=100', { token })).body.data;

  await t.test('201: adds a person as member, who can log in', async (t) => {
    const account = await signUp(api);
    const email = newEmail();
    const { status, body, headers } = await create(account.token, {
      email,
      name: 'Grace Hopper',
      password,
    });
    t.equal(status, 201);
    t.equal(headers.get('location'), `/api/v1/users/${body.id}`);
    t.match(body, { email, name: 'Grace Hopper', roles: [{ name: 'member' }] });
    t.same(Object.keys(body), ['id', 'email', 'name', 'status', 'roles', 'createdAt']);
    const { token } = await logIn(api, email, account.tenant.id);
    const me = await api.request('GET', '/auth/me', { token });
    t.same(me.body.permissions, ['*:read']);
  });

  await t.test('201: gives the named roles, and writes the audit entry', async (t) => {
    const account = await signUp(api);
    const roleIds = [await systemRoleId(api, account, 'admin')];
    const { body } = await create(account.token, { email: newEmail(), name: 'Ada', roleIds });
    t.match(body.roles, [{ id: roleIds[0], name: 'admin' }]);
    const trail = await api.request('GET', `/audit-logs?resourceId=${body.id}`, {
      token: account.token,
    });
    t.match(trail.body.data, [{ action: 'user.created', actorId: account.user.id, before: null }]);
    t.same(trail.body.data[0].after, body);
  });

  await t.test(
    '409: somebody who has an account elsewhere is not taken in, and is not changed',
    async (t) => {
      const home = await signUp(api, 'Home');
      const other = await signUp(api, 'Other');
      const { status, body } = await create(other.token, {
        email: home.user.email.toUpperCase(),
        name: 'Impostor',
        password: 'another long password',
      });
      t.equal(status, 409);
      t.equal(body.code, 'email_taken');
      await logIn(api, home.user.email, home.tenant.id);
      const me = await api.request('GET', '/auth/me', { token: home.token });
      t.match(me.body.user, home.user);
      t.same(me.body.tenant.id, home.tenant.id);
    },
  );

  await t.test(
    '409: the person is a member already, whatever the case of the e-mail',
    async (t) => {
      const account = await signUp(api);
      const email = account.user.email.toUpperCase();
      const { status, body } = await create(account.token, { email, name: 'Again' });
      t.equal(status, 409);
      t.equal(body.code, 'user_exists');
      t.equal((await usersOf(account)).length, 1);
    },
  );

  await t.test('403: without users:write', async (t) => {
    const account = await signUp(api);
    const reader = await addUser(api, account, ['*:read']);
    const { status, body } = await create(reader.token, { email: newEmail(), name: 'Ada' });
    t.equal(status, 403);
    t.equal(body.code, 'forbidden');
  });

  await t.test('403: nobody gives a role that holds more than they do', async (t) => {
    const account = await signUp(api);
    const limited = await addUser(api, account, ['users:write', '*:read']);
    const admin = await systemRoleId(api, account, 'admin');
    for (const roleIds of [[admin], [limited.roleId, admin]]) {
      const input = { email: newEmail(), name: 'Ada', roleIds };
      const { status, body } = await create(limited.token, input);
      t.equal(status, 403);
      t.equal(body.code, 'permission_escalation');
    }
    const own = { email: newEmail(), name: 'Ada', roleIds: [limited.roleId] };
    t.equal((await create(limited.token, own)).status, 201);
  });

  await t.test('403: twenty at once fill the plan exactly, in two processes', async (t) => {
    const second = await startApi(t, { beside: api });
    const account = await signUp(api);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? api : second).request('POST', '/users', {
          token: account.token,
          body: { email: newEmail(), name: `User ${index}` },
        }),
      ),
    );
    t.equal(replies.filter(({ status }) => status === 201).length, 4, 'beside the owner');
    const refused = replies.filter(({ status }) => status !== 201);
    t.ok(refused.every(({ body }) => body.code === 'plan_limit_reached'));
    t.equal((await usersOf(account)).length, 5);
    const people = await api.app.platform.db.asSystem(
      (tx) => tx.sql`select from users where name like 'User %' and id not in
        (select user_id from memberships)`,
    );
    t.equal(people.length, 0, 'a refused create leaves no person');
  });

  await t.test('403: with a full plan it does not show who has an account', async (t) => {
    const account = await signUp(api);
    const other = await signUp(api, 'Other');
    await setMaxUsers(api, account, 1);
    for (const email of [other.user.email, newEmail()]) {
      const { status, body } = await create(account.token, { email, name: 'Ada' });
      t.equal(status, 403);
      t.equal(body.code, 'plan_limit_reached');
    }
  });

  await t.test('409: nobody takes in whom the platform has disabled', async (t) => {
    const account = await signUp(api);
    const { id, email } = await addUser(api, account, ['*:read']);
    await api.request('DELETE', `/users/${id}`, { token: account.token });
    const person = (change = false) =>
      api.app.platform.db.querySystem((sql) =>
        change
          ? sql`update users set disabled_at = now() where id = ${id} returning *`
          : sql`select * from users where id = ${id}`,
      );
    const before = await person(true);
    const { status, body } = await create(account.token, { email, name: 'Taken', password });
    t.equal(status, 409);
    t.equal(body.code, 'email_taken');
    t.same(await person(), before, 'and the account stays as it is');
  });

  await t.test('201: somebody left without a tenant gets the password given now', async (t) => {
    const account = await signUp(api);
    const first = await addUser(api, account, ['*:read']);
    await enableMfa(api, first);
    await api.request('DELETE', `/users/${first.id}`, { token: account.token });
    const other = await signUp(api, 'Other');
    const input = { email: first.email, name: 'Back', password: 'another long password' };
    const { status, body } = await create(other.token, input);
    t.equal(status, 201);
    t.equal(body.id, first.id);
    const logInWith = (secret: string) =>
      api.request('POST', '/auth/login', { body: { email: first.email, password: secret } });
    t.equal((await logInWith(password)).status, 401, 'who knew the old one knows nothing');
    const { body: session } = await logInWith(input.password);
    t.equal(session.tenant?.id, other.tenant.id, 'nor is a second factor left of them');
  });

  await t.test('409: two tenants add the same new person at once, and one gets it', async (t) => {
    const accounts = await Promise.all([signUp(api, 'One'), signUp(api, 'Two')]);
    const email = newEmail();
    const replies = await Promise.all(
      accounts.map(({ token }) => create(token, { email, name: 'Ada' })),
    );
    t.same(replies.map(({ status }) => status).sort(), [201, 409]);
  });

  await t.test('409: the same person twice at once is one member', async (t) => {
    const account = await signUp(api);
    const input = { email: newEmail(), name: 'Ada' };
    const replies = await Promise.all([1, 2, 3].map(() => create(account.token, input)));
    t.same(replies.map(({ status }) => status).sort(), [201, 409, 409]);
  });

  await t.test('201: a repeat with the same Idempotency-Key gets the first answer', async (t) => {
    const account = await signUp(api);
    const options = {
      token: account.token,
      body: { email: newEmail(), name: 'Ada' },
      headers: { 'idempotency-key': 'add-ada' },
    };
    const first = await api.request('POST', '/users', options);
    const again = await api.request('POST', '/users', options);
    t.equal(again.status, 201);
    t.same(again.body, first.body);
    t.equal(again.headers.get('location'), first.headers.get('location'));
    t.equal((await usersOf(account)).length, 2);
  });

  await t.test('422: a role of another tenant is no role here', async (t) => {
    const [account, stranger] = await Promise.all([signUp(api, 'A'), signUp(api, 'B')]);
    const roleIds = [await systemRoleId(api, account, 'member')];
    const { status, body } = await create(stranger.token, {
      email: newEmail(),
      name: 'Ada',
      roleIds,
    });
    t.equal(status, 422);
    t.equal(body.code, 'unknown_role');
  });

  await t.test('400: names each property that is missing, wrong or unknown', async (t) => {
    const account = await signUp(api);
    const { status, body } = await create(account.token, {
      email: 'nobody',
      password: 'short',
      roleIds: ['owner'],
      isPlatformAdmin: true,
    });
    t.equal(status, 400);
    t.same(body.errors.map((error: { path: string }) => error.path).sort(), [
      'body/email',
      'body/isPlatformAdmin',
      'body/name',
      'body/password',
      'body/roleIds/0',
    ]);
  });

  await t.test('401: without a token', async (t) => {
    const { status, body } = await create(undefined, { email: newEmail(), name: 'Ada' });
    t.equal(status, 401);
    t.equal(body.code, 'unauthenticated');
  });
});
