import { createMetrics } from '@trellis/core/metrics';
import { checkRateLimits, runCheck } from '@trellis/domains/health/checks';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { readMetrics } from '@trellis/test/metrics';
import { startPrivateRedis } from '@trellis/test/redis';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { openLimiter } from '../rate-limit/open-limiter.ts';
import { limitTenant, statusesOf } from './limit-tenant.ts';

const options = { skip: backends.includes('redis') ? false : 'there is no Redis here' };
const refusals = 'trellis_rate_limit_refusals_total';

t.test('processes on one Redis share their limits', options, async (t) => {
  // However slow the machine, no request is counted elsewhere.
  const env = { RATE_LIMIT_TIMEOUT_MS: '10000', RATE_LIMIT_ADDRESS_PER_MINUTE: '20' };
  const api = await startApi(t, { backend: 'redis', env });
  const second = await startApi(t, { beside: api });
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 4);
  const ask = (server: typeof api) => () => server.request('GET', '/tenant', { token });
  t.same(await statusesOf(3, ask(api)), [200, 200, 200]);
  t.same(await statusesOf(2, ask(second)), [200, 429]);
  t.same(await statusesOf(1, ask(api)), [429]);
  t.match(await second.app.rateLimits.lookAtTenant(tenant.id), { limit: 4, used: 4, remaining: 0 });

  const guess = (server: typeof api) => () => server.request('GET', '/tenant', { token: 'no' });
  t.same(await statusesOf(15, guess(api)), Array(15).fill(401));
  t.same(await statusesOf(6, guess(second)), [...Array(5).fill(401), 429]);

  const { body } = await api.request('GET', '//health');
  t.same(body.components.rateLimits, { status: 'healthy' });
  const detailed = await runCheck(checkRateLimits(api.app.rateLimits), 'unhealthy');
  t.same(detailed.detail, { countedIn: 'redis' }, 'as operators see it');
  const metrics = await readMetrics(api.url);
  t.equal(metrics.get('trellis_rate_limit_shared'), 1);
  t.equal(metrics.get('trellis_rate_limit_fallbacks_total'), 0);
  t.equal(metrics.get(`${refusals}{limit="tenant"}`), 1);
  t.equal((await readMetrics(second.url)).get(`${refusals}{limit="refused"}`), 1);
});

t.test('without a Redis the process counts by itself, and says so', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 2);
  const ask = () => api.request('GET', '/tenant', { token });
  t.same(await statusesOf(3, ask), [200, 200, 429]);
  const { body } = await api.request('GET', '//health');
  t.same(body.components.rateLimits, { status: 'not_configured' });
  t.equal(body.status, 'healthy');
  const detailed = await runCheck(checkRateLimits(api.app.rateLimits), 'unhealthy');
  t.same(detailed.detail, { countedIn: 'process' }, 'as operators see it');
  t.equal((await readMetrics(api.url)).get('trellis_rate_limit_shared'), 0);
});

t.test('while Redis is away the API goes on, degraded, at the same limits', options, async (t) => {
  const redis = await startPrivateRedis(t);
  // Ten minutes: nothing is forgotten while Redis is brought up again.
  const env = { REDIS_URL: redis.url, RATE_LIMIT_WINDOW_MS: '600000' };
  const api = await startApi(t, { backend: 'redis', env });
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 1);
  const ask = () => api.request('GET', '/tenant', { token });
  const state = async () =>
    (await api.request('GET', '//health')).body.components.rateLimits.status;
  t.same(await statusesOf(7, ask), Array(7).fill(200));
  await redis.kill();
  t.same(await statusesOf(4, ask), [200, 200, 200, 429], 'what it allowed before counts');
  await eventually(async () => (await state()) === 'degraded');
  const metrics = await readMetrics(api.url);
  t.equal(metrics.get('trellis_rate_limit_shared'), 0);
  t.equal(metrics.get('trellis_rate_limit_fallbacks_total'), 1);
  await redis.restart();
  await eventually(async () => (await state()) === 'healthy', { timeoutMs: 20_000 });
  t.same(await statusesOf(1, ask), [429], 'and still does when it is back, empty');
});

t.test('the log tells once that Redis is lost, and once that it is back', options, async (t) => {
  const redis = await startPrivateRedis(t);
  const lines: string[] = [];
  const note = (level: string) => (_: object, message: string) => lines.push(`${level} ${message}`);
  const log = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
  };
  const open = () =>
    openLimiter(
      { log, metrics: createMetrics({ version: 'test' }) },
      { REDIS_URL: redis.url, REDIS_PREFIX: 'test', RATE_LIMIT_TIMEOUT_MS: 10_000 },
    );
  const limits = [{ name: 'tenant', key: 't:1', max: 1_000, windowMs: 60_000 }];
  const lost = 'warn Redis is away: this process limits requests by itself.';
  const back = 'info Redis is back: all processes limit requests together.';

  const limiter = open();
  t.teardown(() => limiter.close());
  await limiter.opened();
  await limiter.take(limits);
  t.same(lines, [], 'nothing when all is well');
  await redis.kill();
  for (let time = 0; time < 5; time++) t.ok((await limiter.take(limits)).isAllowed);
  t.same(lines, [lost]);

  const late = open();
  t.teardown(() => late.close());
  await late.opened();
  t.same(lines, [lost, lost], 'also when it is not there from the start');
  await redis.restart();
  await eventually(() => lines.length === 4, { timeoutMs: 20_000 });
  t.same(lines.slice(2), [back, back]);
});
