import { type Api, type Reply, startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { accept, expire, invite, newEmail, setMaxUsers } from './invite.ts';

const calls = 100;

t.test('maxUsers counts members and pending invitations together', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const add = (server: Api, { token }: Account) =>
    server.request('POST', '/users', { token, body: { email: newEmail(), name: 'Ada' } });
  const ask = (server: Api, { token }: Account) =>
    server.request('POST', '/invitations', { token, body: { email: newEmail() } });
  const everybody = async ({ token }: Account) => {
    const [users, invitations] = await Promise.all(
      ['/users', '/invitations'].map((path) => api.request('GET', path, { token })),
    );
    return users?.body.data.length + invitations?.body.data.length;
  };

  const kinds: [name: string, call: (index: number, account: Account) => Promise<Reply>][] = [
    ['invites', (index, account) => ask(index % 2 ? api : second, account)],
    ['creates', (index, account) => add(index % 2 ? api : second, account)],
    [
      'invites and creates',
      (index, account) => (index % 4 < 2 ? ask : add)(index % 2 ? api : second, account),
    ],
  ];
  for (const [name, call] of kinds) {
    await t.test(`${calls} ${name} at one below the limit: exactly one succeeds`, async (t) => {
      const account = await signUp(api);
      await setMaxUsers(api, account, 4);
      await invite(api, account);
      await add(api, account);
      const replies = await Promise.all(
        Array.from({ length: calls }, (_, index) => call(index, account)),
      );
      t.equal(replies.filter(({ status }) => status === 201).length, 1);
      const refused = replies.filter(({ body }) => body.code === 'plan_limit_reached');
      t.equal(refused.length, calls - 1);
      t.equal(await everybody(account), 4);
    });
  }

  await t.test('an expired invitation gives its place back, and is accepted no more', async (t) => {
    const account = await signUp(api);
    await setMaxUsers(api, account, 2);
    const { id, token } = await invite(api, account);
    t.equal((await add(api, account)).body.code, 'plan_limit_reached');
    await expire(api, id);
    t.equal((await add(api, account)).status, 201);
    const { body } = await accept(api, { token, name: 'Late', password: 'another long password' });
    t.equal(body.code, 'invitation_invalid');
  });

  await t.test('accepted while others are added, nobody comes in beyond the limit', async (t) => {
    for (let round = 0; round < 3; round++) {
      const account = await signUp(api);
      await setMaxUsers(api, account, 3);
      const { token } = await invite(api, account);
      const [accepted, ...added] = await Promise.all([
        accept(second, { token, name: 'Ada', password: 'another long password' }),
        ...Array.from({ length: 10 }, (_, index) => add(index % 2 ? api : second, account)),
      ]);
      t.equal(accepted.status, 200);
      t.equal(added.filter(({ status }) => status === 201).length, 1);
      t.equal(await everybody(account), 3);
    }
  });

  await t.test('a disabled member keeps the place', async (t) => {
    const account = await signUp(api);
    const { token } = account;
    await setMaxUsers(api, account, 2);
    const { body: user } = await add(api, account);
    const path = `/users/${user.id}`;
    await api.request('PATCH', path, { token, body: { status: 'disabled' } });
    t.equal((await ask(api, account)).body.code, 'plan_limit_reached');
    await api.request('DELETE', path, { token });
    t.equal((await ask(api, account)).status, 201);
  });
});
