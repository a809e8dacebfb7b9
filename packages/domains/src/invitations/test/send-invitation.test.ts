import { startApi } from '@trellis/test/api';
import { mailedToken, mailsTo, passMailInterval } from '@trellis/test/mail';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { accept, expire, invite } from './invite.ts';

t.test('POST /invitations/:id/send', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const send = (id: string, token?: string, headers = {}) =>
    api.request('POST', `/invitations/${id}/send`, { token, headers });
  const person = { name: 'Grace Hopper', password: 'another long password' };

  await t.test('202: another link, from now on; the one before stops working', async (t) => {
    const { id, email, token } = await invite(api, account);
    await api.app.platform.db.querySystem(
      (sql) => sql`update invitations set expires_at = now() + interval '1 hour' where id = ${id}`,
    );
    const before = await api.request('GET', `/invitations/${id}`, { token: account.token });
    await passMailInterval(api);
    const { status, body } = await send(id, account.token);
    t.equal(status, 202);
    t.match(body, { id, email, createdAt: before.body.createdAt });
    t.ok(Date.parse(body.expiresAt) - Date.now() > 6 * 86_400_000);
    const trail = await api.request('GET', '/audit-logs?action=invitation.sent', {
      token: account.token,
    });
    t.match(trail.body.data, [{ resourceId: id, before: before.body, after: body }]);
    t.equal((await mailsTo(api, email)).length, 2);
    const next = await mailedToken(api, email, 'invitation');
    t.not(next, token);
    t.equal((await accept(api, { token, ...person })).body.code, 'invitation_invalid');
    t.equal((await accept(api, { token: next, ...person })).status, 200);
  });

  await t.test('202 and 409: an Idempotency-Key is good for one invitation', async (t) => {
    const [one, other] = [await invite(api, account), await invite(api, account)];
    await passMailInterval(api);
    const key = { 'idempotency-key': 'send-once' };
    t.equal((await send(one.id, account.token, key)).status, 202);
    t.equal((await send(one.id, account.token, key)).status, 202);
    t.equal((await mailsTo(api, one.email)).length, 2, 'the first, and one more');
    const { status, body } = await send(other.id, account.token, key);
    t.equal(status, 409);
    t.equal(body.code, 'idempotency_key_reused');
  });

  await t.test('429: one mail a minute, and the link of the one before stays', async (t) => {
    const tenant = await signUp(api, 'Busy');
    const { id, email, token } = await invite(api, tenant);
    const replies = await Promise.all(Array.from({ length: 5 }, () => send(id, tenant.token)));
    for (const { status, body, headers } of replies) {
      t.equal(status, 429);
      t.equal(body.code, 'mail_sent_recently');
      t.ok(Number(headers.get('retry-after')) > 0);
    }
    t.equal((await mailsTo(api, email)).length, 1);
    t.equal((await accept(api, { token, ...person })).status, 200);
  });

  await t.test('404: of another tenant, expired, and accepted', async (t) => {
    const [stranger, owner] = await Promise.all([signUp(api, 'B'), signUp(api, 'C')]);
    const pending = await invite(api, owner);
    t.equal((await send(pending.id, stranger.token)).body.code, 'not_found');
    t.equal((await mailsTo(api, pending.email)).length, 1);
    await accept(api, { token: pending.token, ...person });
    t.equal((await send(pending.id, owner.token)).status, 404);
    const expired = await invite(api, owner);
    await expire(api, expired.id);
    t.equal((await send(expired.id, owner.token)).status, 404);
  });

  await t.test('400, 401, 403: no UUID, without a token, without users:write', async (t) => {
    const tenant = await signUp(api, 'D');
    const { id } = await invite(api, tenant);
    t.equal((await send('1', tenant.token)).body.code, 'validation_failed');
    t.equal((await send(id)).status, 401);
    const { token } = await addUser(api, tenant, ['*:read']);
    t.equal((await send(id, token)).body.code, 'forbidden');
  });
});
