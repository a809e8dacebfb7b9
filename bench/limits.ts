import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '@trellis/local/redis';
import { send } from '@trellis/test/api';
import {
  accepted,
  type Call,
  createCaller,
  mostWithin,
  patterns,
} from '../test/chaos/limited-load.ts';
import type { Bench, BenchContext } from './harness/bench.ts';
import { startBenchServices } from './harness/database.ts';
import { percentile } from './harness/percentile.ts';
import { reportBound } from './harness/report.ts';
import { type BenchTrellis, startTrellis } from './harness/trellis.ts';

const windowMs = 2_000;
const windows = 20;
/** Of a tenant, in a window. */
const max = 100;
const shareMin = 0.95;
/** While Redis is frozen: as many requests at a time, and how long each state lasts. */
const callers = 4;
const phaseMs = 5_000;
const p99MsMax = 100;
const sharedAgainMsMax = 5_000;

type Api = Parameters<typeof createCaller>[0]['apis'][number];

/**
 * Whether the limits hold over two API processes: what was allowed in any interval of a window and
 * how much of the limit was used, by ways of asking; and how long requests take while Redis is
 * frozen.
 */
async function run({ lifecycle }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  // One of its own, which can be frozen.
  const directory = await mkdtemp(join(tmpdir(), 'trellis-bench-redis-'));
  const redis = await startRedis({ directory, keep: false });
  lifecycle.onClose(() => redis.stop());
  const settings = { REDIS_URL: redis.url, RATE_LIMIT_WINDOW_MS: String(windowMs) };
  const apis: Api[] = [];
  while (apis.length < 2) {
    const { url } = await trellis.startApi(settings);
    apis.push({ request: (...call) => send(url, ...call) });
  }
  await reportStrictness(trellis, apis);
  await reportFrozen(trellis, apis, redis.pid);
}

async function reportStrictness(trellis: BenchTrellis, apis: Api[]): Promise<void> {
  console.log(
    `${max} requests in ${windowMs / 1_000} s, two API processes, ${windows} windows:\n\n` +
      `${'way of asking'.padEnd(16)}${'sent'.padStart(8)}${'allowed'.padStart(10)}` +
      `${'of the limit'.padStart(15)}${'most in any window'.padStart(21)}`,
  );
  const rateLimit = (max * 60_000) / windowMs;
  for (const [name, ask] of Object.entries(patterns)) {
    const account = await addLimited(trellis, rateLimit);
    const { calls, ...caller } = createCaller({ apis, account });
    await ask({ calls, ...caller }, max, windowMs, performance.now() + windows * windowMs);
    const share = accepted(calls).length / (max * windows);
    const most = mostWithin(calls, windowMs);
    const verdict =
      most <= max && (name === 'bursty' || share >= shareMin) ? '' : '  DOES NOT HOLD';
    console.log(
      `${name.padEnd(16)}${String(calls.length).padStart(8)}` +
        `${String(accepted(calls).length).padStart(10)}${share.toFixed(3).padStart(15)}` +
        `${String(most).padStart(21)}${verdict}`,
    );
  }
  console.log('');
}

async function addLimited(trellis: BenchTrellis, rateLimit: number) {
  const tenant = await trellis.addTenant();
  const overrides = JSON.stringify({ rateLimit });
  await trellis.sql`
    update tenants set plan_overrides = ${overrides}::text::jsonb where id = ${tenant.tenantId}`;
  return tenant;
}

async function reportFrozen(trellis: BenchTrellis, apis: Api[], redisPid: number): Promise<void> {
  const { calls, call } = createCaller({ apis, account: trellis });
  const load = new AbortController();
  const asking = Array.from({ length: callers }, async () => {
    while (!load.signal.aborted) {
      await call();
      await sleep(5);
    }
  });
  await sleep(phaseMs);
  const before = calls.splice(0);
  process.kill(redisPid, 'SIGSTOP');
  await sleep(phaseMs);
  const during = calls.splice(0);
  process.kill(redisPid, 'SIGCONT');
  const thawedMs = performance.now();
  while (!(await areShared(apis))) await sleep(10);
  const sharedMs = performance.now() - thawedMs;
  load.abort();
  await Promise.all(asking);

  const failed = [...before, ...during, ...calls].filter(({ status }) => status !== 200).length;
  console.log('Redis is frozen (SIGSTOP), and goes on:\n');
  reportBound('requests that failed', failed, 1);
  reportBound('p99 before, ms', percentile(before.map(tookMs), 0.99), p99MsMax);
  reportBound('p99 while it is frozen, ms', percentile(during.map(tookMs), 0.99), p99MsMax);
  reportBound('the longest of these, ms', percentile(during.map(tookMs), 1), p99MsMax);
  reportBound('until all count together again, ms', sharedMs, sharedAgainMsMax);
}

const tookMs = ({ sentMs, receivedMs }: Call) => receivedMs - sentMs;

async function areShared(apis: Api[]): Promise<boolean> {
  const answers = await Promise.all(apis.map((api) => api.request('GET', '//health')));
  return answers.every(({ body }) => body.components.rateLimits.status === 'healthy');
}

export default {
  summary: 'whether the limits hold over two processes, and while Redis is frozen',
  rounds: 1,
  run,
} satisfies Bench;
