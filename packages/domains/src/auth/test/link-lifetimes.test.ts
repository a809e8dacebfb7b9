import { startApi } from '@trellis/test/api';
import { withoutMailServer } from '@trellis/test/mail';
import { signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { aMinuteLater, forgottenPasswordToken } from './person.ts';

t.test('how long a mailed link works is a setting', async (t) => {
  const api = await startApi(t, {
    env: { RESET_PASSWORD_TTL_SECONDS: '600', VERIFY_EMAIL_TTL_SECONDS: '7200' },
  });
  const lifeOf = async (userId: string, kind: string): Promise<number> => {
    const [row] = await api.app.platform.db.querySystem<{ seconds: number }>(
      (sql) => sql`select extract(epoch from expires_at - created_at)::float8 as seconds
        from one_time_tokens where user_id = ${userId} and kind = ${kind}
        order by id desc limit 1`,
    );
    return Number(row?.seconds);
  };
  const isAbout = (seconds: number, wanted: number) => Math.abs(seconds - wanted) < 30;

  await t.test('VERIFY_EMAIL_TTL_SECONDS, of the welcome and of each further link', async (t) => {
    const { token, user } = await signUp(api);
    t.ok(isAbout(await lifeOf(user.id, 'verify_email'), 7_200));
    await api.app.platform.db.querySystem(
      (sql) => sql`update one_time_tokens set expires_at = created_at
        where user_id = ${user.id} returning id`,
    );
    await aMinuteLater(api);
    t.equal((await api.request('POST', '/auth/email/verification', { token })).status, 202);
    t.ok(isAbout(await lifeOf(user.id, 'verify_email'), 7_200));
  });

  await t.test('RESET_PASSWORD_TTL_SECONDS', async (t) => {
    await startWorker(t, api, withoutMailServer);
    const { user } = await signUp(api);
    await forgottenPasswordToken(api, user.email);
    t.ok(isAbout(await lifeOf(user.id, 'reset_password'), 600));
  });
});
