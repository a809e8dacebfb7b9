import { startApi } from '@trellis/test/api';
import { passMailInterval } from '@trellis/test/mail';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { accept, expire, invite, setMaxUsers } from './invite.ts';

t.test('DELETE /invitations/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const remove = (id: string, token?: string) =>
    api.request('DELETE', `/invitations/${id}`, { token });
  const person = { name: 'Grace Hopper', password: 'another long password' };

  await t.test('204: the link is dead, and the audit keeps what it was', async (t) => {
    const { id, token } = await invite(api, account);
    const before = await api.request('GET', `/invitations/${id}`, { token: account.token });
    const { status, body } = await remove(id, account.token);
    t.equal(status, 204);
    t.equal(body, undefined);
    t.equal((await accept(api, { token, ...person })).body.code, 'invitation_invalid');
    t.equal((await remove(id, account.token)).status, 404);
    const trail = await api.request('GET', '/audit-logs?action=invitation.deleted', {
      token: account.token,
    });
    t.match(trail.body.data, [{ resourceId: id, before: before.body, after: null }]);
  });

  await t.test('204: the address and the place in the plan are free again', async (t) => {
    const tenant = await signUp(api, 'Full');
    await setMaxUsers(api, tenant, 2);
    const { id, email, token } = await invite(api, tenant);
    t.equal((await remove(id, tenant.token)).status, 204);
    await passMailInterval(api);
    t.not((await invite(api, tenant, { email })).token, token);
  });

  await t.test('204 or 200: deleted and accepted at once, one of the two happens', async (t) => {
    const tenant = await signUp(api, 'Race');
    await setMaxUsers(api, tenant, 100);
    for (let round = 0; round < 5; round++) {
      const { id, token } = await invite(api, tenant);
      const [removed, accepted] = await Promise.all([
        remove(id, tenant.token),
        accept(api, { token, ...person }),
      ]);
      t.ok(
        (removed.status === 204 && accepted.body.code === 'invitation_invalid') ||
          (removed.status === 404 && accepted.status === 200),
      );
    }
  });

  await t.test('404: of another tenant stays; an expired one is gone', async (t) => {
    const stranger = await signUp(api, 'B');
    const { id } = await invite(api, account);
    t.equal((await remove(id, stranger.token)).body.code, 'not_found');
    const { status } = await api.request('GET', `/invitations/${id}`, { token: account.token });
    t.equal(status, 200);
    await expire(api, id);
    t.equal((await remove(id, account.token)).status, 404);
  });

  await t.test('400, 401, 403: no UUID, without a token, without users:write', async (t) => {
    const { id } = await invite(api, account);
    t.equal((await remove('1', account.token)).body.code, 'validation_failed');
    t.equal((await remove(id)).status, 401);
    const { token } = await addUser(api, account, ['*:read', 'users:delete']);
    t.equal((await remove(id, token)).body.code, 'forbidden');
  });
});
