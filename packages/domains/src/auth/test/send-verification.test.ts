import { startApi } from '@trellis/test/api';
import { mailedToken, mailsTo } from '@trellis/test/mail';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { keyOf } from './key-of.ts';
import { aMinuteLater, trailOf } from './person.ts';

t.test('POST /auth/email/verification', async (t) => {
  const api = await startApi(t, { env: { APP_URL: 'https://app.example.com' } });
  const send = (token?: string) => api.request('POST', '/auth/email/verification', { token });
  const verify = (token: string) => api.request('POST', '/auth/email/verify', { body: { token } });
  const linksTo = async (email: string) =>
    (await mailsTo(api, email)).filter(({ template }) => template === 'verify-email');

  await t.test(
    '202: mails another link, which says who asks; the one before goes on working',
    async (t) => {
      const account = await signUp(api);
      const { email, name } = account.user;
      const welcome = await mailedToken(api, email, 'welcome');
      await aMinuteLater(api);
      const { status, body } = await send(account.token);
      t.equal(status, 202);
      t.equal(body, undefined);
      const token = await mailedToken(api, email, 'verify-email');
      const link = `https://app.example.com/verify-email#token=${token}`;
      const values = { name, tenantName: account.tenant.name, link };
      t.same(await linksTo(email), [{ template: 'verify-email', values }]);
      t.match(await trailOf(api, account, 'user.verification_requested'), [
        { actorId: account.user.id, resourceId: account.user.id },
      ]);
      t.equal((await verify(welcome)).status, 204);
      t.equal((await verify(token)).body.code, 'token_invalid', 'one of them is enough');
    },
  );

  await t.test('429: one mail a minute, also when it is asked for at once', async (t) => {
    const { token, user } = await signUp(api);
    const early = await send(token);
    t.equal(early.status, 429, 'the welcome has a link');
    t.equal(early.body.code, 'mail_sent_recently');
    const seconds = Number(early.headers.get('retry-after'));
    t.ok(seconds > 0 && seconds <= 60);
    await aMinuteLater(api);
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(token)));
    const statuses = replies.map(({ status }) => status).sort();
    t.same(statuses, [202, ...Array(9).fill(429)]);
    t.equal((await linksTo(user.email)).length, 1);
  });

  await t.test('409: when the address is verified', async (t) => {
    const { token, user } = await signUp(api);
    await verify(await mailedToken(api, user.email, 'welcome'));
    const { status, body } = await send(token);
    t.equal(status, 409);
    t.equal(body.code, 'email_already_verified');
    t.same(await linksTo(user.email), []);
  });

  await t.test('401 without a token, 403 for an API key', async (t) => {
    t.equal((await send()).body.code, 'unauthenticated');
    const reply = await send(await keyOf(api, await signUp(api)));
    t.equal(reply.status, 403);
    t.equal(reply.body.code, 'session_required');
  });

  await t.test('400: a body that is no JSON', async (t) => {
    const { token } = await signUp(api);
    const reply = await api.request('POST', '/auth/email/verification', { token, body: '{' });
    t.equal(reply.body.code, 'malformed_json');
  });
});
