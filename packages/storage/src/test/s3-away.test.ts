import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { createObjectStore } from '@trellis/storage/create-object-store';
import { startProxy } from '@trellis/test/proxy';
import { startS3Server } from '@trellis/test/s3-server';
import t from 'tap';

const bytes = randomBytes(6 * 1_048_576);

t.test('a store that hangs or has gone fails what is asked of it, and comes back', async (t) => {
  const server = await startS3Server(t);
  const proxy = await startProxy(t, server.url);
  const endpoint = new URL(proxy.url).origin;
  const store = createObjectStore({ url: server.storageUrl(endpoint), timeoutMs: 300 });
  t.teardown(() => store.close());
  const put = () => store.put('a', Readable.from([bytes], { objectMode: false }));
  t.equal(await put(), bytes.length);

  for (const [how, begin, end] of [
    ['hangs', proxy.freeze, proxy.thaw],
    ['is gone', proxy.cut, proxy.restore],
  ] as const) {
    begin();
    await t.rejects(put(), `${how}: put`);
    await t.rejects(store.get('a'), `${how}: get`);
    await t.rejects(store.size('a'), `${how}: size`);
    await t.rejects(store.remove('other'), `${how}: remove`);
    await t.rejects(store.list('')[Symbol.asyncIterator]().next(), `${how}: list`);
    await t.rejects(store.ping(), `${how}: ping`);
    end();
    t.equal(await store.size('a'), bytes.length, 'what was stored is still there');
  }
});

t.test('downloads whose readers are slow keep nobody, and are not ended', async (t) => {
  const server = await startS3Server(t);
  const timeoutMs = 1_000;
  const store = createObjectStore({ url: server.storageUrl(), timeoutMs });
  t.teardown(() => store.close());
  await store.put('a', Readable.from([bytes], { objectMode: false }));
  const slow: (Readable | undefined)[] = [];
  for (let count = 0; count < 60; count++) slow.push(await store.get('a'));
  t.equal(await store.size('a'), bytes.length);
  // Far longer than the timeout, which must not matter.
  await wait(4 * timeoutMs);
  const [first, ...others] = slow;
  t.ok(first && (await buffer(first)).equals(bytes));
  for (const one of others) one?.destroy();
});

t.test('a download of which nothing comes any more is ended', async (t) => {
  const server = await startS3Server(t);
  const proxy = await startProxy(t, server.url);
  const endpoint = new URL(proxy.url).origin;
  const store = createObjectStore({ url: server.storageUrl(endpoint), timeoutMs: 300 });
  t.teardown(() => store.close());
  await store.put('a', Readable.from([bytes], { objectMode: false }));
  const body = await store.get('a');
  proxy.freeze();
  t.ok(body);
  if (body) await t.rejects(buffer(body), { message: /Nothing came/ });
});

t.test('what fails does not tell the credentials', async (t) => {
  const server = await startS3Server(t);
  const url = server.storageUrl().replace('S3RVER:S3RVER', 'UNKNOWN:a-wrong-secret');
  const store = createObjectStore({ url, timeoutMs: 5_000 });
  t.teardown(() => store.close());
  const error = await store.put('a', Readable.from([bytes])).catch((cause: Error) => cause);
  t.ok(error instanceof Error);
  t.notMatch(`${(error as Error).stack} ${JSON.stringify(error)}`, /a-wrong-secret/);
});
