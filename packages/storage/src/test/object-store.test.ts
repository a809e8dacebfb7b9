import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { createObjectStore } from '@trellis/storage/create-object-store';
import type { ObjectStore, StoredObject } from '@trellis/storage/object-store';
import { eventually } from '@trellis/test/eventually';
import { startS3Server } from '@trellis/test/s3-server';
import t, { type Test } from 'tap';

interface Site {
  store: ObjectStore;
  /** What is there of puts that did not end. */
  countUnfinished(): Promise<number>;
}

const mebibyte = 1_048_576;
/** Small enough for one request, and several parts of 5 MiB. */
const sizes = { small: 1_000, large: 12 * mebibyte };

const sites: Record<string, (t: Test) => Promise<Site>> = {
  disk: async (t) => {
    const folder = join(t.testdir(), 'files');
    const store = createObjectStore({ url: `file:${folder}`, timeoutMs: 10_000 });
    const incoming = join(folder, '.incoming');
    return { store, countUnfinished: async () => readdirSync(incoming).length };
  },
  s3: async (t) => {
    const server = await startS3Server(t);
    const store = createObjectStore({ url: server.storageUrl(), timeoutMs: 10_000 });
    t.teardown(() => store.close());
    return { store, countUnfinished: server.countUnfinished };
  },
};

/** In pieces, as from a network. */
const streamOf = (bytes: Buffer, piece = 64 * 1024): Readable =>
  Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
    })(),
    { objectMode: false },
  );

async function readAll(stream: Readable | undefined): Promise<Buffer | undefined> {
  return stream && buffer(stream);
}

async function collect(objects: AsyncIterable<StoredObject>): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  for await (const one of objects) all.push(one);
  return all;
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await collect(store.list(prefix))).map(({ key }) => key);
}

for (const [name, open] of Object.entries(sites)) {
  t.test(`objects on ${name}`, async (t) => {
    const { store, countUnfinished } = await open(t);

    await t.test('what is put can be read, whole and in part', async (t) => {
      for (const [what, size] of Object.entries(sizes)) {
        const bytes = randomBytes(size);
        const key = `whole/${what}`;
        t.equal(await store.put(key, streamOf(bytes)), size);
        t.equal(await store.size(key), size);
        t.ok((await readAll(await store.get(key)))?.equals(bytes));
        const part = await readAll(await store.get(key, { start: 10, end: 99 }));
        t.ok(part?.equals(bytes.subarray(10, 100)), 'both ends are counted');
        const last = await readAll(await store.get(key, { start: size - 1, end: size - 1 }));
        t.ok(last?.equals(bytes.subarray(-1)));
      }
      t.equal(await countUnfinished(), 0);
    });

    await t.test('an object can be empty', async (t) => {
      t.equal(await store.put('empty', streamOf(Buffer.alloc(0))), 0);
      t.equal(await store.size('empty'), 0);
      t.equal((await readAll(await store.get('empty')))?.length, 0);
    });

    await t.test('a second put takes the place of the first', async (t) => {
      await store.put('twice', streamOf(Buffer.from('the first, which is longer')));
      await store.put('twice', streamOf(Buffer.from('the second')));
      t.equal(String(await readAll(await store.get('twice'))), 'the second');
    });

    await t.test('what is not there is undefined, and can be removed', async (t) => {
      t.equal(await store.get('nothing/here'), undefined);
      t.equal(await store.size('nothing/here'), undefined);
      await store.remove('nothing/here');
      await store.removeUnfinished('nothing/here');
      await store.put('something/here', streamOf(Buffer.from('a')));
      await store.remove('something/here');
      t.equal(await store.get('something/here'), undefined);
    });

    await t.test('keys are listed by prefix, in order', async (t) => {
      const before = Date.now() - 60_000;
      const keys = ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'lists/d'];
      for (const key of keys.toReversed()) await store.put(key, streamOf(Buffer.from('a')));
      t.same(await keysOf(store, 'list/'), keys.slice(0, -1));
      t.same(await keysOf(store, 'list'), keys);
      t.same(await keysOf(store, 'list/b'), ['list/b/1', 'list/b/2']);
      t.same(await keysOf(store, 'none/'), []);
      for await (const { storedAt } of store.list('list/')) t.ok(storedAt.getTime() > before);
    });

    await t.test('a stream that fails leaves nothing', async (t) => {
      for (const [what, size] of Object.entries(sizes)) {
        const broken = async function* () {
          yield randomBytes(size);
          await wait(20);
          throw new Error('the client has gone');
        };
        const key = `broken/${what}`;
        const body = Readable.from(broken(), { objectMode: false });
        await t.rejects(store.put(key, body), { message: 'the client has gone' });
        t.equal(await store.size(key), undefined);
      }
      t.same(await keysOf(store, 'broken/'), []);
      t.equal(await countUnfinished(), 0);
    });

    await t.test('a stream that fails leaves what was there before', async (t) => {
      await store.put('kept', streamOf(Buffer.from('kept')));
      const broken = async function* () {
        yield randomBytes(sizes.large);
        throw new Error('no more');
      };
      await t.rejects(store.put('kept', Readable.from(broken(), { objectMode: false })));
      t.equal(String(await readAll(await store.get('kept'))), 'kept');
    });

    await t.test('a put that is aborted leaves nothing', async (t) => {
      const control = new AbortController();
      const endless = async function* () {
        for (;;) {
          yield randomBytes(mebibyte);
          await wait(1);
        }
      };
      const body = Readable.from(endless(), { objectMode: false });
      const put = store.put('aborted', body, { signal: control.signal });
      await eventually(async () => (await countUnfinished()) > 0);
      control.abort(new Error('enough'));
      await t.rejects(put, { message: 'enough' });
      t.equal(body.destroyed, true);
      t.equal(await store.size('aborted'), undefined);
      t.equal(await countUnfinished(), 0);
      const late = store.put('aborted', streamOf(randomBytes(10)), { signal: control.signal });
      await t.rejects(late, { message: 'enough' });
      t.equal(await countUnfinished(), 0);
    });

    await t.test('what a put has left that never ended is found and removed', async (t) => {
      const control = new AbortController();
      const hanging = async function* () {
        yield randomBytes(sizes.large);
        await wait(60_000, undefined, { signal: control.signal });
      };
      const body = Readable.from(hanging(), { objectMode: false });
      const put = store.put('left/behind', body).catch(() => {});
      const unfinished = () => collect(store.listUnfinished('left/'));
      const [found] = await eventually(async () => {
        const all = await unfinished();
        return all.length > 0 && all;
      });
      t.equal(found?.key, 'left/behind');
      t.ok(found && Math.abs(found.storedAt.getTime() - Date.now()) < 60_000);
      t.same(await keysOf(store, 'left/'), [], 'it is no object yet');
      await store.removeUnfinished('left/other');
      t.equal((await unfinished()).length, 1);
      await store.removeUnfinished('left/behind');
      t.equal((await unfinished()).length, 0);
      control.abort();
      await put;
      t.equal(await store.size('left/behind'), undefined);
    });

    await t.test('a key cannot leave its place', async (t) => {
      const bad = ['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../b', '.incoming/a', 'a\\b'];
      for (const key of [...bad, 'a\0', 'ä', 'a b', 'a~b', 'a'.repeat(513), 'C:a']) {
        const refused = { message: /cannot be the key/ };
        await t.rejects(async () => store.put(key, streamOf(Buffer.from('a'))), refused, key);
        await t.rejects(async () => store.get(key), refused, key);
        await t.rejects(async () => store.size(key), refused, key);
        await t.rejects(async () => store.remove(key), refused, key);
      }
    });

    await t.test('it says whether it answers', async () => {
      await store.ping();
    });
  });
}

t.test('files are listed in the order of the bytes of the whole key, as S3 does it', async (t) => {
  const store = createObjectStore({ url: `file:${t.testdir()}`, timeoutMs: 1_000 });
  const keys = ['a', 'a-b', 'a.b', 'b-1', 'b.1', 'b/1', 'b/2', 'b0', 'c'];
  for (const key of keys.toReversed()) await store.put(`x/${key}`, streamOf(Buffer.from('a')));
  t.same(
    await keysOf(store, ''),
    keys.map((key) => `x/${key}`),
  );
});
