import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Api } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { startApiProcess } from '@trellis/test/processes';
import { startProxy } from '@trellis/test/proxy';
import { startS3Server } from '@trellis/test/s3-server';
import { type Account, signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { removeAbandonedUploads } from '../upload/remove-abandoned-uploads.ts';
import { type FilesSite, openSite, stores } from './open-site.ts';
import { storageAccount } from './storage-account.ts';
import { bytes, filePart, formEnd, sendForm, upload, uploadStream } from './upload.ts';

const mebibyte = 1_048_576;
const nothing = { counted: 0, files: 0, fileBytes: 0, uploads: 0, reservedBytes: 0 };

const head = (token: string, length: number) =>
  [
    'POST /api/v1/files HTTP/1.1',
    'Host: a',
    `Authorization: Bearer ${token}`,
    'Content-Type: multipart/form-data; boundary=trellis-test-boundary',
    `Content-Length: ${length}`,
    '',
    filePart(),
  ].join('\r\n');

/** Sends the beginning of a large file, and then nothing. */
function beginUpload({ url }: Pick<Api, 'url'>, { token }: Account, count: number) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(head(token, 100 * mebibyte));
  socket.write(randomBytes(count));
  return socket;
}

/** Until bytes of the upload are in the store, and counted. */
const untilStoring = (site: FilesSite, account: Account) =>
  eventually(async () => {
    const { uploads, reservedBytes } = await storageAccount(site, account);
    return uploads === 1 && reservedBytes > 0 && (await site.stored(account)).unfinished === 1;
  });

async function makeStale({ database }: Pick<Api, 'database'>): Promise<void> {
  await asSystem(
    database,
    (tx) => tx.sql`update uploads set active_at = active_at - interval '16 minutes'`,
  );
}

for (const store of stores) {
  t.test(`an upload that breaks off leaves nothing (${store})`, async (t) => {
    const site = await openSite(t, store);

    await t.test('when the client goes', async (t) => {
      const account = await signUp(site);
      const socket = beginUpload(site, account, 12 * mebibyte);
      await untilStoring(site, account);
      socket.destroy();
      await eventually(async () => (await storageAccount(site, account)).uploads === 0);
      t.same(await storageAccount(site, account), nothing);
      t.same(await site.stored(account), { objects: 0, unfinished: 0 });
    });

    await t.test('when the process is killed, once it is cleared away', async (t) => {
      const account = await signUp(site);
      const process = await startApiProcess(t, site);
      const { body: kept } = await upload(process, account, 'kept');
      beginUpload(process, account, 12 * mebibyte);
      await untilStoring(site, account);
      await process.kill('SIGKILL');
      const left = await storageAccount(site, account);
      t.match(left, { uploads: 1, counted: left.fileBytes + left.reservedBytes });
      await makeStale(site);
      await startWorker(t, site);
      await eventually(async () => (await storageAccount(site, account)).uploads === 0, {
        timeoutMs: 30_000,
      });
      t.same(await storageAccount(site, account), {
        ...nothing,
        counted: 4,
        files: 1,
        fileBytes: 4,
      });
      t.same(await site.stored(account), { objects: 1, unfinished: 0 });
      t.equal(
        (await site.request('GET', `/files/${kept.id}`, { token: account.token })).status,
        200,
      );
    });

    await t.test('an upload that was given up meanwhile never becomes a file', async (t) => {
      const account = await signUp(site);
      let goOn = () => {};
      const isAway = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const sleeping = async function* () {
        yield* bytes(12 * mebibyte);
        await isAway;
        yield* bytes(mebibyte);
      };
      const reply = uploadStream(site, account, sleeping());
      await untilStoring(site, account);
      await makeStale(site);
      t.equal(await removeAbandonedUploads(site.app.platform), 1);
      t.match(await storageAccount(site, account), { uploads: 0, counted: 0 });
      goOn();
      const { status, body } = await reply;
      t.match(
        { status, code: body.code },
        { status: 503, code: /^(upload_interrupted|storage_unavailable)$/ },
      );
      t.same(await storageAccount(site, account), nothing);
      t.same(await site.stored(account), { objects: 0, unfinished: 0 });
    });
  });
}

t.test('408: an upload of which nothing comes any more', async (t) => {
  const site = await openSite(t, 'disk', { env: { UPLOAD_IDLE_TIMEOUT_MS: '400' } });
  const account = await signUp(site);
  const control = new AbortController();
  const silent = async function* () {
    yield randomBytes(100_000);
    await wait(600_000, undefined, { signal: control.signal });
  };
  const { status, body } = await uploadStream(site, account, silent());
  control.abort();
  t.match({ status, code: body.code }, { status: 408, code: 'request_timeout' });
  await eventually(async () => (await storageAccount(site, account)).uploads === 0);
  t.same(await site.stored(account), { objects: 0, unfinished: 0 });
});

t.test('an upload may take longer than REQUEST_TIMEOUT_MS, as long as bytes come', async (t) => {
  const env = { REQUEST_TIMEOUT_MS: '500', UPLOAD_IDLE_TIMEOUT_MS: '20000' };
  const site = await openSite(t, 'disk', { env });
  const account = await signUp(site);
  const slow = async function* () {
    for (let count = 0; count < 15; count++) {
      yield Buffer.alloc(10, 1);
      await wait(100);
    }
  };
  const began = performance.now();
  const { status, body } = await uploadStream(site, account, slow());
  t.ok(performance.now() - began > 1_000);
  t.match({ status, size: body.size }, { status: 201, size: 150 });
});

t.test('uploads that cannot be cleared away do not keep the others', async (t) => {
  const site = await openSite(t, 'disk');
  const account = await signUp(site);
  const tenantId = account.tenant.id;
  await asSystem(
    site.database,
    (tx) => tx.sql`
      insert into uploads (id, tenant_id, storage_key, reserved, active_at)
      select
        ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, ${tenantId},
        case when n <= 100 then 'poison/' else 'good/' end || n, 0, to_timestamp(n)
      from generate_series(1, 110) n`,
  );
  const { storage } = site.app.platform;
  const remove = async (key: string) => {
    if (key.startsWith('poison/')) throw new Error('it cannot be removed');
    await storage.remove(key);
  };
  const needs = { ...site.app.platform, storage: { ...storage, remove } };
  await t.rejects(removeAbandonedUploads(needs), { message: /^100 uploads/ });
  t.equal((await storageAccount(site, account)).uploads, 100);
});

t.test('an upload that is cut off when the process stops leaves nothing', async (t) => {
  const site = await openSite(t, 'disk', { env: { SHUTDOWN_TIMEOUT_MS: '5000' } });
  const account = await signUp(site);
  const process = await startApiProcess(t, site);
  beginUpload(process, account, 12 * mebibyte);
  await untilStoring(site, account);
  await process.kill('SIGTERM');
  t.same(await storageAccount(site, account), nothing);
  t.same(await site.stored(account), { objects: 0, unfinished: 0 });
});

t.test('a broken form is answered while the store hangs', async (t) => {
  const server = await startS3Server(t);
  const proxy = await startProxy(t, server.url);
  const endpoint = new URL(proxy.url).origin;
  const env = { STORAGE_URL: server.storageUrl(endpoint), STORAGE_TIMEOUT_MS: '60000' };
  const site = await openSite(t, 'disk', { env });
  const account = await signUp(site);
  t.equal((await upload(site, account, 'a')).status, 201);
  proxy.freeze();
  const { status, body } = await sendForm(site, account, Buffer.from(`${filePart()}x`));
  t.match({ status, code: body.code }, { status: 400, code: 'malformed_multipart' });
  t.equal((await storageAccount(site, account)).uploads, 1, 'the rest is left for later');
  proxy.cut();
});

for (const where of ['before', 'behind'] as const) {
  t.test(`400: bytes without end ${where} the file`, async (t) => {
    const site = await openSite(t, 'disk');
    const account = await signUp(site);
    const form = async function* () {
      if (where === 'behind') yield Buffer.from(`${filePart()}x${formEnd}`);
      yield* bytes(1_000 * mebibyte);
    };
    const body = Readable.from(form(), { objectMode: false });
    const reply = await sendForm(site, account, body);
    t.match(
      { status: reply.status, code: reply.body.code, detail: reply.body.detail },
      { status: 400, code: 'malformed_multipart', detail: /at most 65536 bytes/ },
    );
    t.match(await storageAccount(site, account), { files: 0, uploads: 0 });
  });
}
