import { mailedToken, passMailInterval } from '@trellis/test/mail';
import { password } from '@trellis/test/sign-up';
import t from 'tap';
import {
  publishes,
  publishesNothing,
  startHeard,
  typesOf,
  whileNothingCommits,
} from '../../events/test/emitted.ts';
import { userCreated } from '../../users/events.ts';
import {
  invitationAccepted,
  invitationCreated,
  invitationRevoked,
  invitationSent,
} from '../events.ts';
import { accept, expire, invite } from './invite.ts';

t.test('whatever becomes of an invitation is one event, as the API shows it', async (t) => {
  const { api, account, neighbour, call } = await startHeard(t);
  const email = 'ada@example.com';
  const create = () => call('POST', '/invitations', { email });
  const asNew = async () => ({ token: await mailedToken(api, email, 'invitation'), password });

  const { body: made } = await publishes(t, api, account, create, ({ body }) => [
    [invitationCreated, body],
  ]);
  const path = `/invitations/${made.id}`;
  await passMailInterval(api);
  const { body: sent } = await publishes(
    t,
    api,
    account,
    () => call('POST', `${path}/send`),
    ({ body }) => [[invitationSent, body]],
  );
  t.equal(sent.id, made.id);

  await t.test('what is refused is none', async (t) => {
    const other = await invite(api, account);
    await expire(api, other.id);
    const refused: [status: number, act: () => ReturnType<typeof call>][] = [
      [409, create],
      [429, () => call('POST', `${path}/send`)],
      [422, async () => accept(api, await asNew())],
      [422, () => accept(api, { token: other.token, name: 'Bob', password })],
      [404, () => call('DELETE', `/invitations/${other.id}`)],
    ];
    for (const [status, act] of refused) {
      t.equal((await publishesNothing(t, api, account, act)).status, status);
    }
  });

  await t.test('what is rolled back is none', async (t) => {
    await passMailInterval(api);
    const joining = { ...(await asNew()), name: 'Ada' };
    const changes = [
      () => call('POST', '/invitations', { email: 'bob@example.com' }),
      () => call('POST', `${path}/send`),
      () => call('DELETE', path),
      () => accept(api, joining),
    ];
    for (const change of changes) {
      const act = () => whileNothingCommits(api, change);
      t.equal((await publishesNothing(t, api, account, act)).status, 500);
    }
  });

  await t.test('one that is accepted, beside the person who joins by it', async (t) => {
    await publishes(
      t,
      api,
      account,
      async () => {
        const { status, body } = await accept(api, { ...(await asNew()), name: 'Ada' });
        t.equal(status, 200);
        return (await call('GET', `/users/${body.user.id}`)).body;
      },
      (user) => [
        [userCreated, user],
        [invitationAccepted, { ...sent, userId: user.id }],
      ],
    );
  });

  await t.test('one that is deleted', async (t) => {
    const { id } = await invite(api, account);
    const shown = (await call('GET', `/invitations/${id}`)).body;
    await publishes(
      t,
      api,
      account,
      () => call('DELETE', `/invitations/${id}`),
      () => [[invitationRevoked, shown]],
    );
  });

  await t.test('no other tenant hears of it', async (t) => {
    t.same(await typesOf(api, neighbour), []);
  });
});
