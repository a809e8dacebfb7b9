import { startApi } from '@trellis/test/api';
import { noticesTo } from '@trellis/test/mail';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser, logIn } from '../../users/test/add-user.ts';
import { accept, invite, newEmail, verifyEmail } from './invite.ts';

const chosen = 'the choice of the owner';

t.test('an account whose address was never verified may be somebody else’s', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const statusOf = async (token: string, server = api) =>
    (await server.request('GET', '/auth/me', { token })).status;
  const tryLogIn = (email: string, secret: string) =>
    api.request('POST', '/auth/login', { body: { email, password: secret } });

  await t.test('whoever registered it first does not come in with the invited', async (t) => {
    const squatter = await signUp(api, 'Squatter');
    const { email } = squatter.user;
    const account = await signUp(api);
    const { token } = await invite(api, account, { email });
    t.equal(await statusOf(squatter.token, second), 200, 'the other process knows the session');
    const alone = await accept(api, { token });
    t.equal(alone.status, 422);
    t.equal(alone.body.code, 'account_details_required');
    t.equal(await statusOf(squatter.token), 200, 'so far nothing has changed');

    const { status, body } = await accept(api, { token, name: 'The Owner', password: chosen });
    t.equal(status, 200);
    t.match(body.user, { id: squatter.user.id, email, name: 'The Owner' });
    t.equal(await statusOf(squatter.token), 401);
    t.equal((await tryLogIn(email, password)).status, 401);
    t.equal((await tryLogIn(email, chosen)).status, 200);
    t.match(await noticesTo(api, email), [/password was set.*accepted$/]);
  });

  await t.test('nor does a tenant that gave the password', async (t) => {
    const first = await signUp(api, 'First');
    const user = await addUser(api, first, ['*:read']);
    const account = await signUp(api, 'Second');
    const { token } = await invite(api, account, { email: user.email });
    t.equal((await accept(api, { token })).body.code, 'account_details_required');
    t.equal((await accept(api, { token, password: chosen })).status, 200);
    t.equal(await statusOf(user.token), 401);
    t.equal((await tryLogIn(user.email, password)).status, 401);
    t.equal((await tryLogIn(user.email, chosen)).status, 200);
  });

  await t.test('nor one that took a person in who was left without any', async (t) => {
    const first = await signUp(api, 'First');
    const user = await addUser(api, first, ['*:read']);
    await verifyEmail(api, user.id);
    await api.request('DELETE', `/users/${user.id}`, { token: first.token });
    const taker = await signUp(api, 'Taker');
    const taken = { email: user.email, name: 'Taken', password: 'known to the taker' };
    await api.request('POST', '/users', { token: taker.token, body: taken });
    const { token } = await invite(api, await signUp(api, 'Third'), { email: user.email });
    t.equal((await accept(api, { token })).body.code, 'account_details_required');
  });

  await t.test('somebody added without a password sets one, and keeps the name', async (t) => {
    const first = await signUp(api, 'First');
    const email = newEmail();
    await api.request('POST', '/users', { token: first.token, body: { email, name: 'Ada' } });
    const account = await signUp(api, 'Second');
    const { token } = await invite(api, account, { email });
    t.equal((await accept(api, { token })).body.code, 'account_details_required');
    const { status, body } = await accept(api, { token, password });
    t.equal(status, 200);
    t.equal(body.user.name, 'Ada');
    await logIn(api, email, account.tenant.id);
    await logIn(api, email, first.tenant.id);
  });

  await t.test('the next invitation is accepted with that password', async (t) => {
    const account = await signUp(api);
    const joined = await invite(api, account);
    await accept(api, { token: joined.token, name: 'Grace Hopper', password });
    const { token } = await invite(api, await signUp(api, 'Next'), { email: joined.email });
    t.equal((await accept(api, { token })).body.code, 'account_exists');
    t.equal((await accept(api, { token, password })).status, 200);
  });
});
