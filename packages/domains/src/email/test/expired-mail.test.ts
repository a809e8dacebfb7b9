import { newId } from '@trellis/core/ids';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { mailedToken, withoutMailServer } from '@trellis/test/mail';
import { startMailServer } from '@trellis/test/mail-server';
import { signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';

interface WaitingMail {
  template: string;
  /** In seconds, from when the mail was written. */
  life: number | null;
}

/** The mails to an address that wait to be sent, the oldest first. */
const waitingFor = ({ app }: Api, email: string) =>
  app.platform.db.querySystem<WaitingMail>(
    (sql) => sql`
      select payload->>'template' as template,
        extract(epoch from (payload->>'expiresAt')::timestamptz - created_at)::float8 as life
      from jobs where name = 'email.send' and payload->>'to' = ${email} order by id`,
  );

t.test('every mail with a link lives as long as its link', async (t) => {
  const api = await startApi(t, {
    env: {
      VERIFY_EMAIL_TTL_SECONDS: '7200',
      RESET_PASSWORD_TTL_SECONDS: '600',
      INVITATION_TTL_SECONDS: '86400',
    },
  });
  const worker = await startWorker(t, api, withoutMailServer);
  const { token, user } = await signUp(api);
  const lifeOf = async (email: string, template: string): Promise<number | null | undefined> =>
    (await waitingFor(api, email)).findLast((mail) => mail.template === template)?.life;
  const isAbout = (life: number | null | undefined, seconds: number) =>
    typeof life === 'number' && Math.abs(life - seconds) < 60;

  t.ok(isAbout(await lifeOf(user.email, 'welcome'), 7_200), 'welcome');

  const invited = `${newId()}@example.com`;
  await api.request('POST', '/invitations', { token, body: { email: invited } });
  t.ok(isAbout(await lifeOf(invited, 'invitation'), 86_400), 'invitation');

  await api.request('POST', '/auth/password/forgot', { body: { email: user.email } });
  const reset = await mailedToken(api, user.email, 'reset-password');
  t.ok(isAbout(await lifeOf(user.email, 'reset-password'), 600), 'reset-password');

  const body = { token: reset, password: 'another long password' };
  t.equal((await api.request('POST', '/auth/password/reset', { body })).status, 204);
  t.equal(await lifeOf(user.email, 'security-notice'), null, 'what has no link stays of use');
  await worker.stop();

  await t.test('and is dropped by a worker that comes too late', async (t) => {
    const server = await startMailServer(t);
    await api.app.platform.db.querySystem(
      (sql) => sql`
        update jobs set payload = payload || '{"expiresAt": "2026-01-01T00:00:00.000Z"}',
          relayed_at = null
        where name = 'email.send' and payload->>'template' = 'reset-password' returning id`,
    );
    await startWorker(t, api, { SMTP_URL: server.url });
    await server.mailTo(user.email, /Your password/);
    await eventually(async () => (await waitingFor(api, user.email)).length === 0, {
      timeoutMs: 60_000,
    });
    const subjects = server.mails
      .filter(({ to }) => to.includes(user.email))
      .map(({ subject }) => subject);
    t.equal(subjects.length, 2, `the welcome and the notice: ${subjects}`);
  });
});
