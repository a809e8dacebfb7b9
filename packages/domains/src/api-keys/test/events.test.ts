import t from 'tap';
import {
  publishes,
  publishesNothing,
  startHeard,
  typesOf,
  whileNothingCommits,
} from '../../events/test/emitted.ts';
import { apiKeyCreated, apiKeyDeleted } from '../events.ts';

t.test('an API key that comes or goes is one event, without the key', async (t) => {
  const { api, account, neighbour, call } = await startHeard(t);
  const create = (permissions = ['users:read']) =>
    call('POST', '/api-keys', { name: 'Import', permissions });

  const made = await publishes(
    t,
    api,
    account,
    async () => {
      const { status, body } = await create();
      t.equal(status, 201);
      t.match(body.key, /^trl_/);
      return (await call('GET', `/api-keys/${body.id}`)).body;
    },
    (shown) => [[apiKeyCreated, shown]],
  );

  await t.test('what is refused is none', async (t) => {
    const refused: [status: number, act: () => ReturnType<typeof call>][] = [
      [422, () => create(['tenant:own'])],
      [404, () => call('DELETE', `/api-keys/${account.user.id}`)],
    ];
    for (const [status, act] of refused) {
      t.equal((await publishesNothing(t, api, account, act)).status, status);
    }
  });

  await t.test('what is rolled back is none', async (t) => {
    for (const change of [() => create(), () => call('DELETE', `/api-keys/${made.id}`)]) {
      const act = () => whileNothingCommits(api, change);
      t.equal((await publishesNothing(t, api, account, act)).status, 500);
    }
  });

  await t.test('one that is deleted, as it was shown last', async (t) => {
    await publishes(
      t,
      api,
      account,
      () => call('DELETE', `/api-keys/${made.id}`),
      () => [[apiKeyDeleted, made]],
    );
  });

  await t.test('no other tenant hears of it', async (t) => {
    t.same(await typesOf(api, neighbour), []);
  });
});
