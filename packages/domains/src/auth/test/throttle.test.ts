import { startApi } from '@trellis/test/api';
import { joinTenant } from '@trellis/test/join-tenant';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { passwordKey } from '../throttle/throttle-keys.ts';
import { guessUntilHeld } from './guess-until-held.ts';
import { logIn, throttleOf, unblock } from './log-in.ts';

const wrong = 'not the password';

t.test('guessing the password of one account', async (t) => {
  const api = await startApi(t);
  const { email } = (await signUp(api)).user;
  const guess = (who: string) => logIn(api, who, wrong);

  await t.test('429: after a few failures, for everybody alike, known or not', async (t) => {
    const answers = [];
    for (const who of [email, 'nobody@example.com']) {
      const statuses = [];
      for (let tries = 0; tries < 5; tries++) statuses.push((await guess(who)).status);
      t.same(statuses, [401, 401, 401, 401, 401]);
      const written = ` ${who.toUpperCase()} `;
      await guessUntilHeld(api, () => guess(written));
      const refused = await guess(written);
      t.equal(refused.status, 429, 'however it is written');
      t.match(refused.headers.get('retry-after'), /^\d+$/);
      answers.push({ ...refused.body, requestId: '' });
    }
    t.equal(answers[0]?.code, 'too_many_attempts');
    t.same(answers[0], answers[1]);
  });

  await t.test(
    '429: the right password is refused as well, and gets in after the wait',
    async (t) => {
      await unblock(api, email);
      t.equal((await guess(email)).status, 401);
      t.equal((await logIn(api, email, password)).body.code, 'too_many_attempts');
      await unblock(api, email);
      t.equal((await logIn(api, email, password)).status, 200);
      t.equal(await throttleOf(api, email), undefined, 'and nothing is held against it any more');
    },
  );

  await t.test('429: refused tries prolong nothing', async (t) => {
    const who = 'patience@example.com';
    for (let tries = 0; tries < 5; tries++) await guess(who);
    await unblock(api, who, 60);
    const before = await throttleOf(api, who);
    for (let tries = 0; tries < 5; tries++) t.equal((await guess(who)).status, 429);
    t.same(await throttleOf(api, who), before);
  });
});

t.test('the wait doubles up to LOGIN_DELAY_MAX_SECONDS, and a failure is forgotten', async (t) => {
  const api = await startApi(t, {
    env: { LOGIN_FAILURES_FREE: '2', LOGIN_DELAY_MAX_SECONDS: '6' },
  });
  const who = 'nobody@example.com';
  const serverTime = async () => {
    const [row] = await api.app.platform.db.asSystem((tx) => tx.sql`select now()::text as now`);
    return Date.parse(row?.now);
  };
  for (const seconds of [0, 1, 2, 4, 6, 6]) {
    const before = await serverTime();
    t.equal((await logIn(api, who, wrong)).status, 401);
    const after = await serverTime();
    const until = (await throttleOf(api, who))?.blockedUntil.getTime() ?? 0;
    const isAsLong = until >= before + seconds * 1_000 && until <= after + seconds * 1_000 + 1;
    t.ok(seconds === 0 ? until <= after : isAsLong, `${seconds} s`);
    await unblock(api, who);
  }
  const failures = async () => (await throttleOf(api, who))?.failures;
  await api.app.platform.db.asSystem(
    (tx) => tx.sql`update login_throttles set expires_at = now() + interval '6 seconds'
      where key = ${passwordKey(who)}`,
  );
  await logIn(api, who, wrong);
  t.equal(await failures(), 2, 'one was left, and this one');
});

t.test('what is no wrong guess is not counted', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '2' } });
  const { user, tenant } = await signUp(api);
  const other = await signUp(api, 'Other');

  await t.test('403: the password was right', async (t) => {
    for (let tries = 0; tries < 5; tries++) {
      const { body } = await logIn(api, user.email, password, other.tenant.id);
      t.equal(body.code, 'no_membership');
    }
  });

  await t.test('200: nor does it forget what was counted for the address', async (t) => {
    await joinTenant(api, other, user.id);
    await logIn(api, 'nobody@example.com', wrong);
    const failures = async () => {
      const [row] = await api.app.platform.db.asSystem(
        (tx) => tx.sql`select failures from login_throttles where key like 'address:%'`,
      );
      return row?.failures;
    };
    t.equal(await failures(), 1);
    t.equal((await logIn(api, user.email, password, tenant.id)).status, 200);
    t.equal(await failures(), 1);
  });
});

t.test('guessing from one address', async (t) => {
  const api = await startApi(t, { env: { LOGIN_FAILURES_FREE: '1', TRUST_PROXY: '127.0.0.1' } });
  const { email } = (await signUp(api)).user;
  let people = 0;
  const guessFrom = async (ip: string): Promise<number> => {
    const body = { email: `nobody-${people++}@example.com`, password: wrong };
    const headers = { 'x-forwarded-for': ip };
    return (await api.request('POST', '/auth/login', { body, headers })).status;
  };
  const enterFrom = async (ip: string): Promise<number> => {
    const headers = { 'x-forwarded-for': ip };
    return (await api.request('POST', '/auth/login', { body: { email, password }, headers }))
      .status;
  };
  const exhaust = async (ips: string[]): Promise<number[]> => {
    const statuses = [];
    for (let tries = 0; tries < 10; tries++) {
      statuses.push(await guessFrom(ips[tries % ips.length] ?? ''));
    }
    return statuses;
  };
  const tenFailures = Array.from({ length: 10 }, () => 401);

  await t.test('429: many accounts, ten times as many failures as for one', async (t) => {
    t.same(await exhaust(['192.0.2.1']), tenFailures);
    t.equal(await enterFrom('192.0.2.1'), 429);
    t.equal(await enterFrom('192.0.2.2'), 200, 'other addresses are free');
  });

  await t.test('429: an IPv6 network of 64 bits counts as one address', async (t) => {
    t.same(await exhaust(['2001:db8:0:7::1', '2001:db8:0:7:ffff::2']), tenFailures);
    t.equal(await enterFrom('2001:db8:0:7:1234::'), 429);
    t.equal(await enterFrom('2001:db8:0:8::1'), 200);
  });

  await t.test('429: IPv4 that is written as IPv6 is the same address', async (t) => {
    t.same(await exhaust(['198.51.100.9', '::ffff:198.51.100.9']), tenFailures);
    t.equal(await enterFrom('::ffff:c633:6409'), 429);
  });
});
