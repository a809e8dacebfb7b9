import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { findRedisServer } from '../find-redis.ts';
import { InUseError } from '../lock.ts';
import { isAlive, waitUntilGone } from '../processes.ts';
import { type RedisOptions, startRedis } from '../redis.ts';
import { kill, killGuards, spawnService } from './fixtures/spawn-services.ts';

const skip = findRedisServer() === undefined && 'no redis-server or valkey-server on PATH';

/** Sends the commands one after the other and resolves to the last reply. */
function ask(url: string, ...commands: string[]): Promise<string> {
  const { hostname, port, password } = new URL(url);
  const lines = [...(password === '' ? [] : [`AUTH ${password}`]), ...commands, 'QUIT'];
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('data', (chunk) => {
      reply += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(reply.trim().split('\r\n').at(-2) ?? ''));
    socket.write(`${lines.join('\r\n')}\r\n`);
  });
}

t.test('what is kept is there after a restart, behind the same password', { skip }, async (t) => {
  const options: RedisOptions = { directory: join(t.testdir(), 'redis'), keep: true };
  const first = await startRedis(options);
  t.equal(await ask(first.url, 'SET a 1'), '+OK');
  await first.stop();
  t.equal(isAlive(first.pid), false);

  const second = await startRedis(options);
  t.teardown(() => second.stop());
  t.equal(await ask(second.url, 'GET a'), '1');
  t.match(await ask(second.url.replace(/:[^:]*@/, ''), 'GET a'), /NOAUTH/);
});

t.test(
  'what is not kept leaves nothing, and comes back at the same address',
  { skip },
  async (t) => {
    const directory = join(t.testdir(), 'redis');
    const first = await startRedis({ directory, keep: false });
    t.equal(await ask(first.url, 'SET a 1'), '+OK');
    await first.stop();
    t.equal(existsSync(directory), false);

    const port = Number(new URL(first.url).port);
    const second = await startRedis({ directory, keep: false, port });
    t.teardown(() => second.stop());
    t.equal(second.url, first.url);
    t.equal(await ask(second.url, 'GET a'), '$-1');
  },
);

t.test('a second start on the same directory is refused', { skip }, async (t) => {
  const options = { directory: join(t.testdir(), 'redis'), keep: false };
  const first = await startRedis(options);
  t.teardown(() => first.stop());
  await t.rejects(startRedis(options), InUseError);
});

t.test('a server that was frozen is stopped all the same', { skip }, async (t) => {
  const redis = await startRedis({ directory: join(t.testdir(), 'redis'), keep: false });
  process.kill(redis.pid, 'SIGSTOP');
  await redis.stop();
  t.equal(isAlive(redis.pid), false);
});

t.test('a killed parent takes its server along', { skip }, async (t) => {
  const spawned = await spawnService('redis', join(t.testdir(), 'redis'));
  await kill(spawned.process);
  t.equal(await waitUntilGone(spawned.pid, 5_000), true);
});

t.test('a server that was left running is ended by the next start', { skip }, async (t) => {
  const directory = join(t.testdir(), 'redis');
  const spawned = await spawnService('redis', directory);
  killGuards(spawned.pid);
  await kill(spawned.process);
  t.equal(isAlive(spawned.pid), true);

  const next = await startRedis({ directory, keep: true });
  t.teardown(() => next.stop());
  t.equal(isAlive(spawned.pid), false);
});
