import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '@trellis/test/eventually';
import { startPrivateRedis } from '@trellis/test/redis';
import { backends } from '@trellis/test/settings';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import type { Limit } from '../limit.ts';
import { type CountedIn, createLimiter, type Limiter } from '../limiter.ts';

const skip = backends.includes('redis') ? false : 'there is no Redis here';
const minute = 60_000;

const limitOf = (key: string, max: number, name = 'tenant'): Limit => ({
  ...{ name, key, max },
  windowMs: minute,
});

function open(t: Test, redisUrl: string | undefined, timeoutMs = 5_000) {
  const changes: CountedIn[] = [];
  const limiter = createLimiter({
    redisUrl,
    redisPrefix: 'test',
    timeoutMs,
    onChange: (countedIn) => changes.push(countedIn),
  });
  t.teardown(() => limiter.close());
  return { limiter, changes };
}

async function openOnRedis(t: Test, options: { processes?: number; timeoutMs?: number } = {}) {
  const redis = await startPrivateRedis(t);
  const look = new Redis(redis.url, { retryStrategy: () => 50 });
  look.on('error', () => undefined);
  t.teardown(() => look.disconnect());
  const opened = Array.from({ length: options.processes ?? 1 }, () =>
    open(t, redis.url, options.timeoutMs),
  );
  await Promise.all(opened.map(({ limiter }) => limiter.opened()));
  return { redis, look, opened, limiters: opened.map(({ limiter }) => limiter) };
}

/** How many of so many requests at once are allowed. */
async function takeMany(limiter: Limiter, count: number, limits: Limit[]): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: count }, () => limiter.take(limits)));
  return verdicts.filter(({ isAllowed }) => isAllowed).length;
}

const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

/** A way to a server on which what is open can lose all that comes; what is opened then is good. */
async function startLossyWay(t: Test, port: number) {
  let opened = 0;
  let lost = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const number = ++opened;
    const beyond = connect(port, '127.0.0.1');
    sockets.push(socket, beyond);
    const pass = (to: Socket) => (data: Buffer) => number > lost && to.write(data);
    socket.on('data', pass(beyond)).on('error', () => undefined);
    beyond.on('data', pass(socket)).on('error', () => undefined);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port: own } = server.address() as AddressInfo;
  const loseAll = () => {
    lost = opened;
  };
  return { url: `redis://127.0.0.1:${own}`, connections: () => opened, loseAll };
}

async function commandsOf(look: Redis): Promise<number> {
  const stats = await look.info('commandstats');
  const calls = [...stats.matchAll(/cmdstat_(?:evalsha|eval):calls=(\d+)/g)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}

t.test('without Redis a process counts by itself', async (t) => {
  const { limiter, changes } = open(t, undefined);
  t.equal(await takeMany(limiter, 30, [limitOf('a', 20)]), 20);
  t.equal(await takeMany(limiter, 30, [limitOf('b', 20)]), 20, 'another key is not touched');
  t.equal(limiter.countedIn(), 'process');
  t.equal(limiter.isShared, false);
  t.same(changes, []);
});

t.test('processes share one limit', { skip }, async (t) => {
  const { limiters } = await openOnRedis(t, { processes: 3 });
  const allowed = await Promise.all(
    limiters.map((limiter) => takeMany(limiter, 40, [limitOf('a', 50)])),
  );
  t.equal(sumOf(allowed), 50);
});

t.test('a request counts against all of its limits or against none', { skip }, async (t) => {
  const { limiters } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  const wide = limitOf('wide', 100);
  const narrow = limitOf('narrow', 3, 'key');
  t.equal(await takeMany(limiter, 10, [wide, narrow]), 3);
  const { states } = await limiter.look([wide, narrow]);
  t.same(
    states.map(({ remaining }) => remaining),
    [97, 0],
  );
});

t.test('what is asked at once is one command', { skip }, async (t) => {
  const { limiters, look } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  await limiter.take([limitOf('warm', 1)]);
  const before = await commandsOf(look);
  const keys = Array.from({ length: 50 }, (_, index) => limitOf(`tenant-${index}`, 5));
  const verdicts = await Promise.all(keys.map((limit) => limiter.take([limit])));
  t.ok(verdicts.every(({ isAllowed, states }) => isAllowed && states[0]?.remaining === 4));
  t.equal((await commandsOf(look)) - before, 1);
});

t.test('what was refused is not asked again before it may fit', { skip }, async (t) => {
  const { limiters, look } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  await takeMany(limiter, 6, [limitOf('a', 5)]);
  const before = await commandsOf(look);
  t.equal(await takeMany(limiter, 1_000, [limitOf('a', 5)]), 0);
  t.equal((await commandsOf(look)) - before, 0);
  t.equal(await takeMany(limiter, 10, [limitOf('a', 8)]), 3, 'a higher limit holds at once');
  const refused = await limiter
    .take([limitOf('b', 5)], 4)
    .then(() => limiter.take([limitOf('b', 5)], 4));
  t.equal(refused.isAllowed, false);
  t.equal((await limiter.take([limitOf('b', 5)])).isAllowed, true, 'a smaller one may fit');
});

t.test('the wait that is named is enough, and not a window more', async (t) => {
  const { limiter } = open(t, undefined);
  const limit = { ...limitOf('a', 4), windowMs: 640 };
  await takeMany(limiter, 4, [limit]);
  const { isAllowed, states } = await limiter.take([limit]);
  t.equal(isAllowed, false);
  const retryMs = states[0]?.retryMs ?? 0;
  t.ok(retryMs > 0 && retryMs <= 650, `${retryMs} ms`);
  await wait(retryMs + 1);
  t.equal(await takeMany(limiter, 5, [limit]), 4);
});

t.test('a cost above the limit takes all of it', async (t) => {
  const { limiter } = open(t, undefined);
  t.equal((await limiter.take([limitOf('a', 5)], 9)).isAllowed, true);
  t.equal((await limiter.take([limitOf('a', 5)])).isAllowed, false);
  t.equal((await limiter.take([limitOf('b', 0)])).isAllowed, false, 'nothing fits a limit of 0');
});

t.test('a key takes the same memory whatever the limit', { skip }, async (t) => {
  const { limiters, look } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  const limit = { ...limitOf('a', 1_000_000), windowMs: 1_280 };
  for (let round = 0; round < 90; round++) {
    await takeMany(limiter, 20, [limit]);
    await wait(10);
  }
  const bytes = await look.strlen('test:limit:1280:a');
  t.ok(bytes > 100 && bytes <= 654, `${bytes} bytes`);
  await eventually(async () => (await look.exists('test:limit:1280:a')) === 0);
});

for (const how of ['freeze', 'kill'] as const) {
  t.test(`after ${how} this process counts by itself, until Redis is back`, { skip }, async (t) => {
    const { redis, limiters, opened } = await openOnRedis(t, { processes: 2, timeoutMs: 400 });
    const [limiter, other] = limiters as [Limiter, Limiter];
    t.equal(await takeMany(limiter, 6, [limitOf('a', 10)]), 6);
    if (how === 'freeze') redis.freeze();
    else await redis.kill();
    t.equal(await takeMany(limiter, 20, [limitOf('a', 10)]), 4, 'what it had allowed counts');
    t.equal(await takeMany(other, 20, [limitOf('a', 10)]), 10, 'another process has its own');
    t.same([limiter.countedIn(), other.countedIn()], ['process', 'process']);
    if (how === 'freeze') redis.thaw();
    else await redis.restart();
    await eventually(() => limiters.every((each) => each.countedIn() === 'redis'));
    t.same(opened[0]?.changes.slice(0, 3), ['redis', 'process', 'redis']);
    t.equal(await takeMany(limiter, 20, [limitOf('a', 10)]), 0, 'what Redis missed counts on');
    const shared = await Promise.all(
      limiters.map((each) => takeMany(each, 20, [limitOf('b', 10)])),
    );
    t.equal(sumOf(shared), 10, 'shared again');
  });
}

t.test('a Redis that answers but does not count is taken for away', { skip }, async (t) => {
  const { look, limiters, opened } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  await look.replicaof('127.0.0.1', 1);
  t.equal(await takeMany(limiter, 15, [limitOf('a', 10)]), 10);
  await eventually(() => limiter.countedIn() === 'process');
  for (let round = 0; round < 20; round++) {
    await limiter.take([limitOf(`b${round}`, 10)]);
    await wait(50);
  }
  t.same(opened[0]?.changes, ['redis', 'process'], 'once');
  await look.replicaof('NO', 'ONE');
  await eventually(() => limiter.countedIn() === 'redis');
});

t.test('what Redis has forgotten a process still knows of itself', { skip }, async (t) => {
  const { redis, limiters } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  t.equal(await takeMany(limiter, 10, [limitOf('a', 10)]), 10);
  await redis.flush();
  t.equal(await takeMany(limiter, 10, [limitOf('a', 10)]), 0);
  t.equal(limiter.countedIn(), 'redis');
});

t.test('a connection on which nothing is ever said is opened anew', async (t) => {
  let connections = 0;
  const silent = createServer(() => connections++);
  const sockets: Socket[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((ready) => silent.listen(0, '127.0.0.1', ready));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const { limiter } = open(t, `redis://127.0.0.1:${port}`);
  t.equal((await limiter.take([limitOf('a', 1)])).isAllowed, true);
  await eventually(() => connections >= 2, { timeoutMs: 30_000 });
});

t.test('a connection that was good and is broken without a word', { skip }, async (t) => {
  const redis = await startPrivateRedis(t);
  const way = await startLossyWay(t, Number(new URL(redis.url).port));
  const { limiter } = open(t, way.url, 200);
  await limiter.opened();
  t.equal(limiter.countedIn(), 'redis');
  way.loseAll();
  t.equal((await limiter.take([limitOf('a', 1)])).isAllowed, true);
  t.equal(limiter.countedIn(), 'process');
  await eventually(() => limiter.countedIn() === 'redis', { timeoutMs: 30_000 });
  t.equal(way.connections(), 2, 'by another one');
});

t.test('a refusal from memory tells of all limits as they were', { skip }, async (t) => {
  const { limiters } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  const limits = [limitOf('wide', 10), limitOf('narrow', 3, 'key')];
  await takeMany(limiter, 4, limits);
  const { isAllowed, states } = await limiter.take(limits);
  t.equal(isAllowed, false);
  t.same(
    states.map(({ remaining, retryMs }) => [remaining, retryMs > 0]),
    [
      [7, false],
      [0, true],
    ],
  );
});

t.test('a process starts while Redis is away, and finds it later', { skip }, async (t) => {
  const redis = await startPrivateRedis(t);
  await redis.kill();
  const { limiter } = open(t, redis.url);
  await limiter.opened();
  t.equal(await takeMany(limiter, 20, [limitOf('a', 10)]), 10);
  await redis.restart();
  await eventually(() => limiter.countedIn() === 'redis');
  t.equal(await takeMany(limiter, 20, [limitOf('b', 10)]), 10);
});

t.test('Redis forgets its script, and nobody notices', { skip }, async (t) => {
  const { limiters, look } = await openOnRedis(t);
  const [limiter] = limiters as [Limiter];
  t.equal(await takeMany(limiter, 4, [limitOf('a', 10)]), 4);
  await look.script('FLUSH');
  t.equal(await takeMany(limiter, 20, [limitOf('a', 10)]), 6);
  t.equal(limiter.countedIn(), 'redis');
});
