import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { startMailServer } from '@trellis/test/mail-server';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';

/** Jobs that failed and wait for their next try. */
const waiting = async ({ app }: Api): Promise<number> =>
  (await app.platform.jobs.queue('email').getJobCounts('delayed')).delayed ?? 0;

const rowsOf = ({ database }: Api) =>
  asSystem(
    database,
    (tx) => tx.sql<{ failed_at: Date | null; error: string | null }[]>`
      select failed_at, error from jobs where name = 'email.send'`,
  );

for (const backend of backends) {
  t.test(`mail waits for a mail server that is down (${backend})`, async (t) => {
    const mailServer = await startMailServer(t);
    const env = { SMTP_URL: mailServer.url };
    const api = await startApi(t, { backend });
    const worker = await startWorker(t, api, env);
    await mailServer.stop();
    const accounts = [await signUp(api), await signUp(api)];
    await eventually(async () => (await waiting(api)) === 2, { timeoutMs: 30_000 });
    t.match(await rowsOf(api), [{ failed_at: null }, { failed_at: null }]);

    await worker.stop();
    await api.app.close();
    const next = await startApi(t, { beside: api });
    await startWorker(t, next, env);
    await mailServer.start();
    for (const { user } of accounts) await mailServer.mailTo(user.email, /^Welcome/);
    await eventually(async () => (await rowsOf(next)).length === 0, { timeoutMs: 30_000 });
    t.equal(mailServer.mails.length, 2, 'each arrived once, also after a restart of all');
  });

  t.test(`mail to nobody is tried once and kept (${backend})`, async (t) => {
    const refused: string[] = [];
    let isKnown = false;
    const mailServer = await startMailServer(t, {
      refuse: (recipient) => {
        if (isKnown) return undefined;
        refused.push(recipient);
        return '550 No such user';
      },
    });
    const api = await startApi(t, { backend });
    await startWorker(t, api, { SMTP_URL: mailServer.url });
    const { user } = await signUp(api);
    const [row] = await eventually(
      async () => {
        const rows = await rowsOf(api);
        return rows[0]?.failed_at && rows;
      },
      { timeoutMs: 30_000 },
    );
    t.match(row?.error, /550 No such user/);
    t.same(refused, [user.email]);
    t.equal(await waiting(api), 0);

    isKnown = true;
    await asSystem(
      api.database,
      (tx) => tx.sql`
        update jobs set failed_at = null, relayed_at = null
        where name = 'email.send' and failed_at is not null`,
    );
    await mailServer.mailTo(user.email, /^Welcome/);
    t.pass('an operator can have it sent after all');
  });
}
