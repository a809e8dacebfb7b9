import t from 'tap';
import {
  publishes,
  publishesNothing,
  startHeard,
  typesOf,
  whileNothingCommits,
} from '../../events/test/emitted.ts';
import { tenantUpdated } from '../events.ts';

t.test('a tenant that is renamed is one event, as the API shows it', async (t) => {
  const { api, account, neighbour } = await startHeard(t);
  const rename = (name: string, headers = {}) =>
    api.request('PATCH', '/tenant', { token: account.token, body: { name }, headers });

  const { body } = await publishes(
    t,
    api,
    account,
    () => rename('Analytical Engines'),
    (reply) => [[tenantUpdated, reply.body]],
  );
  t.match(body, { id: account.tenant.id, name: 'Analytical Engines' });

  await t.test('what is refused is none', async (t) => {
    const act = () => rename('Stale', { 'if-match': '"another"' });
    t.equal((await publishesNothing(t, api, account, act)).status, 412);
  });

  await t.test('what is rolled back is none', async (t) => {
    const act = () => whileNothingCommits(api, () => rename('Nobody'));
    t.equal((await publishesNothing(t, api, account, act)).status, 500);
  });

  await t.test('no other tenant hears of it', async (t) => {
    t.same(await typesOf(api, neighbour), []);
  });
});
