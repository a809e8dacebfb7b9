import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('POST /roles', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const create = (body: unknown, token?: string) => api.request('POST', '/roles', { token, body });

  await t.test('201: makes a role of the tenant, and audits it', async (t) => {
    const { status, body, headers } = await create(
      { name: 'Support', permissions: ['users:read', 'roles:read'] },
      account.token,
    );
    t.equal(status, 201);
    t.equal(headers.get('location'), `/api/v1/roles/${body.id}`);
    t.match(headers.get('etag'), /^"\w+"$/);
    t.match(body, {
      name: 'Support',
      description: '',
      permissions: ['roles:read', 'users:read'],
      isSystem: false,
    });
    const trail = await api.request('GET', '/audit-logs?resourceType=role', {
      token: account.token,
    });
    t.match(trail.body.data, [{ action: 'role.created', resourceId: body.id, after: body }]);
  });

  await t.test('409: the name is taken, in this tenant alone', async (t) => {
    const stranger = await signUp(api, 'Other');
    const input = { name: 'Taken', permissions: [] };
    t.equal((await create(input, account.token)).status, 201);
    const { status, body } = await create(input, account.token);
    t.equal(status, 409);
    t.equal(body.code, 'role_exists');
    t.equal((await create(input, stranger.token)).status, 201);
    t.equal((await create({ ...input, name: 'owner' }, account.token)).body.code, 'role_exists');
    const lookalikes = [
      'TAKEN',
      ' taken ',
      'Ta\u200bken',
      'Ｔaken',
      'Owner',
      ' ADMIN',
      'mem\u00adber',
    ];
    for (const name of lookalikes) {
      const { body } = await create({ ...input, name }, account.token);
      t.equal(body.code, 'role_exists', JSON.stringify(name));
    }
  });

  await t.test('201: the name is kept without the space around it', async (t) => {
    const { body } = await create({ name: '  Back office ', permissions: [] }, account.token);
    t.equal(body.name, 'Back office');
  });

  await t.test('201 and 409: of ten at once of one name one is made', async (t) => {
    const { token } = await signUp(api, 'Race');
    const names = Array.from({ length: 10 }, (_, index) => (index % 2 ? 'Same' : 'same '));
    const replies = await Promise.all(
      names.map((name) => create({ name, permissions: [] }, token)),
    );
    t.same(replies.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
  });

  await t.test('409: a tenant has so many roles, and no more', async (t) => {
    const strict = await startApi(t, { beside: api, env: { ROLES_MAX: '5' } });
    const { token } = await signUp(api, 'Many');
    const replies = await Promise.all(
      ['One', 'Two', 'Three', 'Four'].map((name) =>
        strict.request('POST', '/roles', { token, body: { name, permissions: [] } }),
      ),
    );
    t.same(replies.map(({ status }) => status).sort(), [201, 201, 409, 409], 'beside three');
    const refused = replies.find(({ status }) => status === 409);
    t.equal(refused?.body.code, 'role_limit_reached');
    const made = replies.find(({ status }) => status === 201);
    await strict.request('DELETE', `/roles/${made?.body.id}`, { token });
    const { status } = await strict.request('POST', '/roles', {
      token,
      body: { name: 'Again', permissions: [] },
    });
    t.equal(status, 201);
  });

  await t.test('403: nobody grants what they do not hold, by name or by pattern', async (t) => {
    const writer = await addUser(api, account, ['roles:write', '*:read']);
    for (const permission of ['users:delete', '*', 'tenant:own']) {
      const { status, body } = await create(
        { name: `With ${permission}`, permissions: ['users:read', permission] },
        writer.token,
      );
      t.equal(status, 403, permission);
      t.equal(body.code, 'permission_escalation', permission);
      t.match(body.detail, `"${permission}"`);
    }
    const held = { name: 'Held', permissions: ['*:read', 'roles:write', 'users:read'] };
    t.equal((await create(held, writer.token)).status, 201);
    const all = await addUser(api, account, ['*']);
    const { body } = await create({ name: 'More', permissions: ['tenant:own'] }, all.token);
    t.equal(body.code, 'permission_escalation', 'no pattern stands for it');
  });

  await t.test('422: a permission that no route asks for, and that of the platform', async (t) => {
    for (const permission of ['users:fly', 'users:*', 'nothing', 'admin']) {
      const { status, body } = await create(
        { name: 'Odd', permissions: [permission] },
        account.token,
      );
      t.equal(status, 422);
      t.equal(body.code, 'unknown_permission');
    }
  });

  await t.test('400: a body that is not valid', async (t) => {
    const bad = [
      {},
      { name: 'No permissions' },
      { name: ' ', permissions: [] },
      { name: '\u200b', permissions: [] },
      { name: '\u3164', permissions: [] },
      { name: 'x'.repeat(65), permissions: [] },
      { name: 'Twice', permissions: ['users:read', 'users:read'] },
      { name: 'Unknown', permissions: [], isSystem: true },
    ];
    for (const body of bad) {
      t.equal((await create(body, account.token)).body.code, 'validation_failed');
    }
  });

  await t.test('403: without roles:write', async (t) => {
    const { token } = await addUser(api, account, ['*:read']);
    t.equal((await create({ name: 'Mine', permissions: [] }, token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await create({ name: 'Mine', permissions: [] })).status, 401);
  });
});
