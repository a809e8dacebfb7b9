import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import {
  publishes,
  publishesNothing,
  startHeard,
  subscribeAll,
  typesOf,
  whileNothingCommits,
} from '../../events/test/emitted.ts';
import { accept, invite } from '../../invitations/test/invite.ts';
import { userCreated, userDeleted, userUpdated } from '../events.ts';
import { addUser, systemRoleId } from './add-user.ts';

t.test('every change of the people of a tenant is one event, as the API shows it', async (t) => {
  const { api, account, neighbour, call } = await startHeard(t);
  const create = (email: string) => call('POST', '/users', { email, name: 'Ada' });

  await t.test('somebody who is added', async (t) => {
    const { status } = await publishes(
      t,
      api,
      account,
      () => create('ada@example.com'),
      ({ body }) => [[userCreated, body]],
    );
    t.equal(status, 201);
  });

  const { id, email } = await addUser(api, account, ['*:read']);
  const user = async () => (await call('GET', `/users/${id}`)).body;

  await t.test('a new name, a disabled person, and one who is let in again', async (t) => {
    for (const change of [{ name: 'Ada King' }, { status: 'disabled' }, { status: 'active' }]) {
      const { body } = await publishes(
        t,
        api,
        account,
        () => call('PATCH', `/users/${id}`, change),
        (reply) => [[userUpdated, reply.body]],
      );
      t.match(body, { id, ...change });
      t.same(body, await user());
    }
  });

  await t.test('other roles', async (t) => {
    const roleIds = [await systemRoleId(api, account, 'admin')];
    const { body } = await publishes(
      t,
      api,
      account,
      () => call('PUT', `/users/${id}/roles`, { roleIds }),
      (reply) => [[userUpdated, reply.body]],
    );
    t.match(body.roles, [{ id: roleIds[0], name: 'admin' }]);
  });

  await t.test('what is refused is none', async (t) => {
    const own = `/users/${account.user.id}`;
    const refused: [status: number, act: () => ReturnType<typeof call>][] = [
      [409, () => create(email)],
      [409, () => create(neighbour.user.email)],
      [409, () => call('PATCH', own, { status: 'disabled' })],
      [409, () => call('PUT', `${own}/roles`, { roleIds: [] })],
      [409, () => call('DELETE', own)],
      [404, () => call('DELETE', `/users/${neighbour.user.id}`)],
    ];
    for (const [status, act] of refused) {
      t.equal((await publishesNothing(t, api, account, act)).status, status);
    }
  });

  await t.test('what is rolled back is none', async (t) => {
    const changes = [
      () => create('bob@example.com'),
      () => call('PATCH', `/users/${id}`, { name: 'Nobody' }),
      () => call('PUT', `/users/${id}/roles`, { roleIds: [] }),
      () => call('DELETE', `/users/${id}`),
    ];
    for (const change of changes) {
      const act = () => whileNothingCommits(api, change);
      t.equal((await publishesNothing(t, api, account, act)).status, 500);
    }
    t.match(await user(), { name: 'Ada King', roles: [{ name: 'admin' }] });
  });

  await t.test('somebody who is removed, as they were shown last', async (t) => {
    const shown = await user();
    const { status } = await publishes(
      t,
      api,
      account,
      () => call('DELETE', `/users/${id}`),
      () => [[userDeleted, shown]],
    );
    t.equal(status, 204);
  });

  await t.test('no other tenant hears of it', async (t) => {
    t.same(await typesOf(api, neighbour), []);
  });
});

t.test('signing up publishes nothing', async (t) => {
  const api = await startApi(t);
  t.same(await typesOf(api, await signUp(api)), []);
});

t.test('who takes another name with an invitation has it in the tenant before', async (t) => {
  const api = await startApi(t);
  const [first, second] = [await signUp(api, 'First'), await signUp(api, 'Second')];
  await subscribeAll(api, first, second);
  const { user } = first;
  const { token } = await invite(api, second, { email: user.email });
  const admin = await addUser(api, first, ['*']);
  await publishes(
    t,
    api,
    admin,
    async () => {
      const accepted = await accept(api, { token, name: 'Ada', password: 'chosen by its owner' });
      t.equal(accepted.status, 200);
      return api.request('GET', `/users/${user.id}`, { token: admin.token });
    },
    ({ body }) => [[userUpdated, { ...body, name: 'Ada' }]],
  );
  t.same((await typesOf(api, second)).toSorted(), [
    'invitation.accepted',
    'invitation.created',
    'user.created',
  ]);
});
