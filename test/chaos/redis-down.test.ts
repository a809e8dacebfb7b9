import { eventually } from '@trellis/test/eventually';
import { createInstallation, type Installation } from '@trellis/test/installation';
import { type ApiProcess, startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { type Receiver, startReceiver } from '@trellis/test/receiver';
import { type PrivateRedis, startPrivateRedis } from '@trellis/test/redis';
import { backends } from '@trellis/test/settings';
import { type Account, password, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';

/** A request must not wait for Redis; the rest is room for a slow machine. */
const answerMsMax = 4_000;
const options = { skip: backends.includes('redis') ? false : 'there is no Redis here' };

interface Running {
  installation: Installation;
  redis: PrivateRedis;
  api: ApiProcess;
  account: Account;
  receiver: Receiver;
}

async function prepare(t: Test): Promise<Running> {
  const redis = await startPrivateRedis(t);
  const installation = await createInstallation(t, 'redis', { REDIS_URL: redis.url });
  const receiver = await startReceiver(t);
  const api = await startApiProcess(t, installation);
  await startWorkerProcess(t, installation);
  const account = await signUp(api);
  await subscribe(api, account, receiver.url);
  return { installation, redis, api, account, receiver };
}

/** All that a tenant does must go on: it reads, logs in, writes and publishes. */
async function useEverything(t: Test, running: Running, when: string): Promise<void> {
  const { api, account } = running;
  const { token, user } = account;
  const calls: [method: string, path: string, status: number, body?: object][] = [
    ['GET', '/webhooks', 200],
    ['GET', '/auth/me', 200],
    ['POST', '/auth/login', 200, { email: user.email, password }],
    ['PATCH', '/tenant', 200, { name: 'Renamed' }],
    ['POST', '/events', 202, { type: 'order.paid', data: {} }],
    ['GET', '/events', 200],
  ];
  for (const [method, path, status, body] of calls) {
    const startedMs = performance.now();
    const reply = await api.request(method, path, { token, body });
    const durationMs = Math.round(performance.now() - startedMs);
    t.equal(reply.status, status, `${when}: ${method} ${path}`);
    t.ok(durationMs < answerMsMax, `in time: ${durationMs} ms`);
  }
}

async function delivers(t: Test, { api, account, receiver }: Running, when: string) {
  const id = await publish(api, account);
  await eventually(() => receiver.ids().has(id), { timeoutMs: 20_000 });
  t.pass(`${when}: a new event is delivered`);
}

function health({ api }: Running) {
  return api.request('GET', '//health');
}

async function tellsOf(t: Test, running: Running, state: 'degraded' | 'healthy', when: string) {
  await eventually(async () => (await health(running)).body.status === state, {
    timeoutMs: 15_000,
  });
  const { status, body } = await health(running);
  t.equal(status, 200, `${when}: it still takes requests`);
  t.equal(body.status, state, `${when}: health says ${state}`);
  if (state === 'degraded') t.not(body.components.redis.status, 'healthy');
}

t.test('Redis is killed, and comes back empty', options, async (t) => {
  const running = await prepare(t);
  await delivers(t, running, 'before');
  await tellsOf(t, running, 'healthy', 'before');

  await running.redis.kill();
  await useEverything(t, running, 'without Redis');
  await delivers(t, running, 'without Redis');
  await tellsOf(t, running, 'degraded', 'without Redis');

  await running.redis.restart();
  await tellsOf(t, running, 'healthy', 'after');
  await useEverything(t, running, 'after');
  await delivers(t, running, 'after');
});

t.test('Redis is frozen, and goes on', options, async (t) => {
  const running = await prepare(t);
  await delivers(t, running, 'before');

  running.redis.freeze();
  await useEverything(t, running, 'while Redis is frozen');
  await delivers(t, running, 'while Redis is frozen');
  await tellsOf(t, running, 'degraded', 'while Redis is frozen');

  running.redis.thaw();
  await tellsOf(t, running, 'healthy', 'after');
  await useEverything(t, running, 'after');
  await delivers(t, running, 'after');
});

t.test('the API and the worker start while Redis is away', options, async (t) => {
  const redis = await startPrivateRedis(t);
  const installation = await createInstallation(t, 'redis', { REDIS_URL: redis.url });
  await redis.kill();
  const receiver = await startReceiver(t);
  const api = await startApiProcess(t, installation);
  await startWorkerProcess(t, installation);
  const account = await signUp(api);
  await subscribe(api, account, receiver.url);
  const running = { installation, redis, api, account, receiver };
  await delivers(t, running, 'without Redis');
  await redis.restart();
  await tellsOf(t, running, 'healthy', 'after');
  await delivers(t, running, 'after');
});

t.test('SIGTERM ends both while Redis is frozen', options, async (t) => {
  const { redis, installation, api } = await prepare(t);
  const worker = await startWorkerProcess(t, installation);
  redis.freeze();
  const exits = await Promise.all([api.kill('SIGTERM'), worker.kill('SIGTERM')]);
  t.same(exits, [
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
});
