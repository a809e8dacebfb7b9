import t from 'tap';
import {
  publishes,
  publishesNothing,
  startHeard,
  typesOf,
  whileNothingCommits,
} from '../../events/test/emitted.ts';
import { addUser, systemRoleId } from '../../users/test/add-user.ts';
import { roleCreated, roleDeleted, roleUpdated } from '../events.ts';

t.test('every change of a role is one event, as the API shows it', async (t) => {
  const { api, account, neighbour, call } = await startHeard(t);
  const create = (name: string) => call('POST', '/roles', { name, permissions: ['users:read'] });

  const { body: made } = await publishes(
    t,
    api,
    account,
    () => create('Support'),
    ({ body }) => [[roleCreated, body]],
  );
  const path = `/roles/${made.id}`;
  const { body: changed } = await publishes(
    t,
    api,
    account,
    () => call('PATCH', path, { name: 'Help', permissions: ['users:read', 'roles:read'] }),
    ({ body }) => [[roleUpdated, body]],
  );
  t.match(changed, { id: made.id, name: 'Help', permissions: ['roles:read', 'users:read'] });

  await t.test('what is refused is none', async (t) => {
    const owner = `/roles/${await systemRoleId(api, account, 'owner')}`;
    const { roleId } = await addUser(api, account, ['users:read']);
    const refused: [status: number, act: () => ReturnType<typeof call>][] = [
      [409, () => create('help')],
      [409, () => call('PATCH', owner, { name: 'Boss' })],
      [422, () => call('PATCH', path, { permissions: ['no:such'] })],
      [409, () => call('DELETE', `/roles/${roleId}`)],
    ];
    for (const [status, act] of refused) {
      t.equal((await publishesNothing(t, api, account, act)).status, status);
    }
  });

  await t.test('what is rolled back is none', async (t) => {
    const changes = [
      () => create('Another'),
      () => call('PATCH', path, { name: 'Nobody' }),
      () => call('DELETE', path),
    ];
    for (const change of changes) {
      const act = () => whileNothingCommits(api, change);
      t.equal((await publishesNothing(t, api, account, act)).status, 500);
    }
  });

  await t.test('one that is deleted, as it was shown last', async (t) => {
    await publishes(
      t,
      api,
      account,
      () => call('DELETE', path),
      () => [[roleDeleted, changed]],
    );
  });

  await t.test('no other tenant hears of it', async (t) => {
    t.same(await typesOf(api, neighbour), []);
  });
});
