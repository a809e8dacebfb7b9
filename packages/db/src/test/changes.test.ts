import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type ChangeFeed, createChangeFeed } from '@trellis/db/changes';
import { createDatabase } from '@trellis/db/client';
import { createTenantDb, type TenantDb } from '@trellis/db/tenant-db';
import { createTestDatabase } from '@trellis/test/database';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import t, { type Test } from 'tap';

async function open(t: Test) {
  const { appUrl } = await createTestDatabase(t);
  const proxy = await startProxy(t, appUrl);
  const database = createDatabase({
    url: appUrl,
    poolMax: 2,
    statementTimeoutMs: 5_000,
    applicationName: 'trellis-changes-test',
  });
  t.teardown(() => database.close());
  const db = createTenantDb(database);
  const feeds = [];
  for (const url of [appUrl, proxy.url]) {
    const feed = createChangeFeed(url, () => {});
    t.teardown(() => feed.close());
    feeds.push({ feed, ...(await listen(feed)) });
  }
  const [near, far] = feeds;
  if (!near || !far) throw new Error('two feeds were made');
  return { db, proxy, near, far };
}

/** Resolves once the feed listens. */
async function listen(feed: ChangeFeed) {
  const keys: string[] = [];
  let connections = 0;
  feed.on('color', (key) => keys.push(key));
  feed.onConnect(() => {
    connections++;
  });
  await eventually(() => connections > 0);
  return { keys, connections: () => connections };
}

const announce = (db: TenantDb, feed: ChangeFeed, key: string, fails = false) =>
  db.withTenant(randomUUID(), async (tx) => {
    await feed.announce(tx, 'color', key);
    await feed.announce(tx, 'another topic', key);
    if (fails) throw new Error('changed my mind');
  });

t.test('what is committed is announced to every process, and nothing else', async (t) => {
  const { db, near, far } = await open(t);
  await t.rejects(announce(db, near.feed, 'rolled back', true));
  await announce(db, near.feed, 'red');
  t.ok(near.keys.includes('red'), 'to the own process at once');
  await eventually(() => far.keys.includes('red'));
  const keys = 'a key with \'quotes\', "more" and \n lines';
  await announce(db, near.feed, keys);
  await eventually(() => far.keys.includes(keys));
  t.same([...new Set([...near.keys, ...far.keys])], ['red', keys]);
});

t.test('a feed that lost its connection comes back, and says so', async (t) => {
  const { db, proxy, near, far } = await open(t);
  for (let round = 1; round <= 3; round++) {
    if (round === 1) proxy.drop();
    else proxy.cut();
    await announce(db, near.feed, `missed or not ${round}`);
    proxy.restore();
    await eventually(() => far.connections() > round, { timeoutMs: 20_000 });
    await announce(db, near.feed, `heard ${round}`);
    await eventually(() => far.keys.includes(`heard ${round}`));
    t.pass(`round ${round}: it reconnected, told its listeners, and hears again`);
  }
  t.equal(near.connections(), 1);
});

t.test('a process may start while Postgres is away', async (t) => {
  const { db, proxy, near } = await open(t);
  proxy.cut();
  const errors: unknown[] = [];
  const feed = createChangeFeed(proxy.url, (error) => errors.push(error));
  t.teardown(() => feed.close());
  const keys: string[] = [];
  let connections = 0;
  feed.on('color', (key) => keys.push(key));
  feed.onConnect(() => {
    connections++;
  });
  await eventually(() => errors.length > 0, { timeoutMs: 20_000 });
  // Long enough for it to have tried several times.
  await wait(2_000);
  proxy.restore();
  await eventually(() => connections > 0, { timeoutMs: 20_000 });
  await announce(db, near.feed, 'red');
  await announce(db, near.feed, 'the last');
  await eventually(() => keys.includes('the last'));
  t.same(keys, ['red', 'the last'], 'it listens once Postgres is there, and hears each once');
  t.equal(connections, 1);
});

t.test('a feed can be closed while Postgres is away', async (t) => {
  const { proxy } = await open(t);
  proxy.cut();
  const feed = createChangeFeed(proxy.url, () => {});
  const startedMs = performance.now();
  await feed.close();
  t.ok(performance.now() - startedMs < 5_000, 'it does not wait for it');
});

t.test('a feed says whether it listens', async (t) => {
  const { proxy, near, far } = await open(t);
  t.ok(far.feed.isListening());
  proxy.cut();
  await eventually(() => !far.feed.isListening());
  t.ok(near.feed.isListening(), 'the other one still does');
  // Long enough for it to have tried several times.
  await wait(1_000);
  t.notOk(far.feed.isListening());
  proxy.restore();
  await eventually(() => far.feed.isListening(), { timeoutMs: 20_000 });
  t.equal(far.connections(), 2);
  await near.feed.close();
  t.notOk(near.feed.isListening());
});
