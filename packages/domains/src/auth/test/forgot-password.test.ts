import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { mailedToken, mailsTo, withoutMailServer } from '@trellis/test/mail';
import { password, signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { aMinuteLater } from './person.ts';

t.test('POST /auth/password/forgot', async (t) => {
  const api = await startApi(t, { env: { APP_URL: 'https://app.example.com/' } });
  const { db } = api.app.platform;
  const forgot = (email: unknown) =>
    api.request('POST', '/auth/password/forgot', { body: { email } });
  const requests = () =>
    db.asSystem(
      (tx) => tx.sql<{ payload: { request: string } }[]>`
        select payload from jobs where name = 'auth.send-password-reset' order by id`,
    );
  const resetMails = async (email: string) =>
    (await mailsTo(api, email)).filter(({ template }) => template === 'reset-password');

  const known = await signUp(api, 'Known');
  const disabled = await signUp(api, 'Disabled');
  await db.asSystem(
    (tx) => tx.sql`update users set disabled_at = now() where id = ${disabled.user.id}`,
  );
  const emails = ['nobody@example.com', disabled.user.email, known.user.email];

  await t.test('202: one answer for everybody, and the same work until it is given', async (t) => {
    const replies = await Promise.all(emails.map(forgot));
    for (const { status, body } of replies) {
      t.equal(status, 202);
      t.equal(body, undefined);
    }
    const jobs = await requests();
    t.equal(jobs.length, emails.length);
    const tokens = await db.asSystem(
      (tx) => tx.sql`select id from one_time_tokens where kind = 'reset_password'`,
    );
    t.equal(tokens.length, 0, 'who it is for is not looked up before the answer');
    for (const { payload } of jobs) {
      t.same(Object.keys(payload), ['request']);
      t.notMatch(payload.request, /@|example/, 'the address waits sealed');
    }
  });

  await startWorker(t, api, withoutMailServer);
  const allDone = () => eventually(async () => (await requests()).length === 0);

  await t.test('mails a link to the person, and to nobody else', async (t) => {
    const token = await mailedToken(api, known.user.email, 'reset-password');
    await allDone();
    t.match(await resetMails(known.user.email), [
      {
        values: {
          name: known.user.name,
          link: `https://app.example.com/reset-password#token=${token}`,
          ip: '127.0.0.1',
        },
      },
    ]);
    t.same(await resetMails('nobody@example.com'), []);
    t.same(await resetMails(disabled.user.email), []);
  });

  await t.test('mails one link a minute, however often it is asked for', async (t) => {
    await Promise.all(Array.from({ length: 10 }, () => forgot(known.user.email.toUpperCase())));
    await allDone();
    t.equal((await resetMails(known.user.email)).length, 1);
    await aMinuteLater(api);
    await forgot(known.user.email);
    await allDone();
    t.equal((await resetMails(known.user.email)).length, 2);
  });

  await t.test('mails one link a minute, also when the last one was used', async (t) => {
    const token = await mailedToken(api, known.user.email, 'reset-password');
    const body = { token, password: 'another horse battery' };
    t.equal((await api.request('POST', '/auth/password/reset', { body })).status, 204);
    t.equal((await forgot(known.user.email)).status, 202);
    await allDone();
    t.equal((await resetMails(known.user.email)).length, 2);
  });

  await t.test('400: a body that is not valid', async (t) => {
    for (const email of [undefined, '', 'ada', 7, `${'a'.repeat(250)}@example.com`]) {
      t.equal((await forgot(email)).body.code, 'validation_failed');
    }
    const more = { email: known.user.email, tenantId: known.tenant.id };
    const { status } = await api.request('POST', '/auth/password/forgot', { body: more });
    t.equal(status, 400);
  });
});

t.test('asking for many links', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '2', TRUST_PROXY: '127.0.0.1' } });
  const { email } = (await signUp(api)).user;
  const forgot = (who: string, ip: string) =>
    api.request('POST', '/auth/password/forgot', {
      body: { email: who },
      headers: { 'x-forwarded-for': ip },
    });
  const waiting = async (): Promise<number> => {
    const [row] = await api.app.platform.db.querySystem<{ jobs: number }>(
      (sql) => sql`select count(*)::int as jobs from jobs where name = 'auth.send-password-reset'`,
    );
    return Number(row?.jobs);
  };

  await t.test('202: leaves one job a minute for an address, known or not', async (t) => {
    for (const who of [email, 'nobody@example.com']) {
      const before = await waiting();
      const replies = await Promise.all(
        [who, who.toUpperCase(), who, who].map((one) => forgot(one, '192.0.2.1')),
      );
      t.same(
        replies.map(({ status }) => status),
        [202, 202, 202, 202],
      );
      t.equal((await waiting()) - before, 1);
    }
  });

  await t.test(
    '429: ten times LOGIN_FAILURES_FREE from one place, whoever it is for',
    async (t) => {
      for (const [ip, who] of [
        ['192.0.2.7', () => email],
        ['192.0.2.8', (n: number) => `nobody-${n}@example.com`],
      ] as const) {
        const statuses = [];
        for (let n = 0; n < 20; n++) statuses.push((await forgot(who(n), ip)).status);
        t.same(statuses, Array(20).fill(202));
        const { status, body, headers } = await forgot(who(20), ip);
        t.equal(status, 429);
        t.equal(body.code, 'too_many_attempts');
        t.match(headers.get('retry-after'), /^\d+$/);
      }
      t.equal((await forgot(email, '192.0.2.9')).status, 202, 'others are free');
      const login = await api.request('POST', '/auth/login', {
        body: { email, password },
        headers: { 'x-forwarded-for': '192.0.2.7' },
      });
      t.equal(login.status, 200, 'and logging in is another matter');
    },
  );
});
