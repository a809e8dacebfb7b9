import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '@trellis/test/eventually';
import { asSystem, createInstallation, type Installation } from '@trellis/test/installation';
import { type ApiProcess, startApiProcess } from '@trellis/test/processes';
import { type PrivateRedis, startPrivateRedis } from '@trellis/test/redis';
import { backends } from '@trellis/test/settings';
import { type Account, password, signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { accepted, createCaller, mostWithin, patterns } from './limited-load.ts';

const options = { skip: backends.includes('redis') ? false : 'there is no Redis here' };
const windowMs = 1_000;
/** Of a tenant, in a window. */
const max = 30;
const windows = 20;
/** A request must not wait for Redis; the rest is room for a slow machine. */
const answerMsMax = 4_000;

interface Running {
  installation: Installation;
  redis: PrivateRedis;
  apis: ApiProcess[];
  addTenant(): Promise<Account>;
}

async function prepare(
  t: Test,
  env: Record<string, string>,
  second: Record<string, string> = {},
): Promise<Running> {
  const redis = await startPrivateRedis(t);
  const installation = await createInstallation(t, 'redis', {
    REDIS_URL: redis.url,
    RATE_LIMIT_WINDOW_MS: String(windowMs),
    ...env,
  });
  const apis = [
    await startApiProcess(t, installation),
    await startApiProcess(t, { env: { ...installation.env, ...second } }),
  ];
  const [api] = apis as [ApiProcess];
  return {
    ...{ installation, redis, apis },
    addTenant: async () => {
      const account = await signUp(api);
      await limit(installation, account);
      // Each process has read the limits of the tenant before it counts.
      for (const each of apis) {
        await eventually(async () => {
          const reply = await each.request('GET', '/auth/me', { token: account.token });
          return reply.headers.get('x-ratelimit-limit') === String(max);
        });
      }
      await wait(2 * windowMs);
      return account;
    },
  };
}

async function limit({ database }: Installation, { tenant }: Account): Promise<void> {
  const overrides = { rateLimit: (max * 60_000) / windowMs };
  await asSystem(database, async (tx) => {
    await tx.sql`
      update tenants set plan_overrides = ${JSON.stringify(overrides)}::jsonb
      where id = ${tenant.id}`;
    const news = { topic: 'plans.tenant-limits-changed', key: tenant.id };
    await tx.sql`select pg_notify('trellis_changes', ${JSON.stringify(news)})`;
  });
}

/** By when a token of that process says that it was made. */
async function clockAheadMs(api: ApiProcess | undefined, { user }: Account): Promise<number> {
  const body = { email: user.email, password };
  const login = await api?.request('POST', '/auth/login', { body });
  const [, claims = ''] = String(login?.body.accessToken).split('.');
  const { iat } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return iat * 1_000 - Date.now();
}

const countedIn = async (api: ApiProcess) =>
  (await api.request('GET', '//health')).body.components.rateLimits.status;

t.test('two processes together never allow more than the limit', options, async (t) => {
  const running = await prepare(t, { RATE_LIMIT_TIMEOUT_MS: '5000' });
  const runs = await Promise.all(
    Object.entries(patterns).map(async ([name, run]) => {
      const account = await running.addTenant();
      const caller = createCaller({ apis: running.apis, account });
      await run(caller, max, windowMs, performance.now() + windows * windowMs);
      return { name, calls: caller.calls };
    }),
  );
  for (const { name, calls } of runs) {
    const allowed = accepted(calls).length;
    t.ok(mostWithin(calls, windowMs) <= max, `${name}: at most ${max} in any second`);
    t.ok(allowed >= max * 2, `${name}: ${allowed} of ${calls.length} were allowed`);
    t.ok(calls.some(({ status }) => status === 429));
    t.same([...new Set(calls.map(({ status }) => status))].sort(), [200, 429]);
  }
});

t.test('a clock that is two seconds ahead changes nothing', options, async (t) => {
  const skewed = new URL('skewed-clock.ts', import.meta.url).href;
  const env = { RATE_LIMIT_TIMEOUT_MS: '5000' };
  const running = await prepare(t, env, { NODE_OPTIONS: `--import=${skewed}` });
  const account = await running.addTenant();
  t.ok((await clockAheadMs(running.apis[1], account)) > 1_000, 'as the test means it');
  const { calls, burst } = createCaller({ apis: running.apis, account });
  const counts: number[] = [];
  for (let round = 0; round < 4; round++) {
    counts.push(accepted(await burst(2 * max)).length);
    await wait(2 * windowMs);
  }
  t.ok(mostWithin(calls, windowMs) <= max);
  t.same(counts, [max, max, max, max], 'all of it, and no more, in each window');
});

for (const how of ['frozen', 'killed'] as const) {
  t.test(`Redis is ${how} under load`, options, async (t) => {
    const running = await prepare(t, {});
    const { redis, apis } = running;
    const account = await running.addTenant();
    const { calls, call } = createCaller({ apis, account });
    const load = new AbortController();
    const keepAsking = async () => {
      while (!load.signal.aborted) await call();
    };
    const asking = Array.from({ length: 8 }, keepAsking);
    await eventually(() => calls.length > 200);

    if (how === 'frozen') redis.freeze();
    else await redis.kill();
    const states = () => Promise.all(apis.map(countedIn));
    await eventually(async () => (await states()).every((state) => state === 'degraded'));
    const outage = calls.length;
    // Several windows, as one may be used up already.
    await wait(3 * windowMs);
    await eventually(() => calls.length > outage + 200, { timeoutMs: 30_000 });
    const during = calls.slice(outage);

    if (how === 'frozen') redis.thaw();
    else await redis.restart();
    await eventually(async () => (await states()).every((state) => state === 'healthy'));
    load.abort();
    await Promise.all(asking);

    t.same([...new Set(calls.map(({ status }) => status))].sort(), [200, 429], 'nothing failed');
    for (const process of apis.keys()) {
      const own = during.filter((each) => each.process === process);
      t.ok(accepted(own).length > 0, `process ${process} goes on`);
      t.ok(mostWithin(own, windowMs) <= max, `process ${process} keeps the limit`);
    }
    const slowest = Math.max(...calls.map(({ sentMs, receivedMs }) => receivedMs - sentMs));
    t.ok(slowest < answerMsMax, `the slowest took ${Math.round(slowest)} ms`);

    const other = createCaller({ apis, account: await running.addTenant() });
    await other.burst(4 * max);
    t.ok(accepted(other.calls).length <= max, 'shared again');
  });
}
