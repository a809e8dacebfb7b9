import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { download, problemOf } from './download.ts';
import { openSite, stores } from './open-site.ts';
import { upload } from './upload.ts';

const content = randomBytes(300_000);
const checksum = createHash('sha256').update(content).digest('hex');

for (const store of stores) {
  t.test(`GET /files/:id/content (${store})`, async (t) => {
    const api = await openSite(t, store);
    const account = await signUp(api);
    const { body: file } = await upload(api, account, content, { rename: 'größe "1".bin' });
    const path = `${api.url}/api/v1/files/${file.id}/content`;
    const authorization = `Bearer ${account.token}`;
    const get = (headers: Record<string, string> = {}, method = 'GET') =>
      download(path, { authorization, ...headers }, method);
    const etag = `"${checksum}"`;

    await t.test('200: the whole file, as an attachment', async (t) => {
      const { status, headers, bytes } = await get();
      t.equal(status, 200);
      t.ok(bytes.equals(content));
      t.match(Object.fromEntries(headers), {
        'content-type': 'application/octet-stream',
        'content-length': '300000',
        'content-disposition':
          /^attachment; filename=".*"; filename\*=UTF-8''gr%C3%B6%C3%9Fe%20_1_/,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'private',
        'accept-ranges': 'bytes',
        etag,
      });
    });

    await t.test('200: HEAD tells the same without the content', async (t) => {
      const { status, headers, bytes } = await get({ range: 'bytes=0-9' }, 'HEAD');
      t.match({ status, length: bytes.length }, { status: 200, length: 0 });
      t.equal(headers.get('content-length'), '300000');
      t.equal(headers.get('etag'), etag);
      t.match(headers.get('content-disposition'), /^attachment/);
    });

    await t.test('206: the part that is asked for', async (t) => {
      const parts: Record<string, [number, number]> = {
        'bytes=0-0': [0, 0],
        'bytes=10-99': [10, 99],
        'bytes=299990-': [299_990, 299_999],
        'bytes=-10': [299_990, 299_999],
        'bytes=-400000': [0, 299_999],
        'bytes=299999-999999': [299_999, 299_999],
      };
      for (const [range, [start, end]] of Object.entries(parts)) {
        const { status, headers, bytes } = await get({ range });
        t.equal(status, 206, range);
        t.ok(bytes.equals(content.subarray(start, end + 1)));
        t.equal(headers.get('content-range'), `bytes ${start}-${end}/300000`);
        t.equal(headers.get('content-length'), String(end + 1 - start));
      }
    });

    await t.test('200: what is no single range asks for the whole', async (t) => {
      for (const range of ['bytes=0-1,5-6', 'bytes=-', 'bytes=9-1', 'lines=1-2', 'bytes=a-b', '']) {
        const { status, bytes } = await get({ range });
        t.match({ status, length: bytes.length }, { status: 200, length: 300_000 }, range);
      }
    });

    await t.test('416: a range behind the end', async (t) => {
      for (const range of ['bytes=300000-', 'bytes=300000-300001', 'bytes=-0']) {
        const reply = await get({ range });
        t.equal(reply.status, 416, range);
        t.equal(reply.headers.get('content-range'), 'bytes */300000');
        t.equal(problemOf(reply).code, 'range_not_satisfiable');
        t.equal(reply.headers.get('content-disposition'), null);
      }
    });

    await t.test('304: the caller has it already', async (t) => {
      for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const { status, headers, bytes } = await get({ 'if-none-match': tags });
        t.match({ status, length: bytes.length }, { status: 304, length: 0 }, tags);
        t.equal(headers.get('etag'), etag);
      }
      const head = await get({ 'if-none-match': etag }, 'HEAD');
      t.equal(head.status, 304);
      t.equal(head.headers.get('content-length'), null, 'which would be one of the content');
      t.equal((await get({ 'if-none-match': '"other"' })).status, 200);
    });

    await t.test('412: the caller wants another one', async (t) => {
      t.equal((await get({ 'if-match': '"other"' })).status, 412);
      t.equal((await get({ 'if-match': etag })).status, 200);
      t.equal((await get({ 'if-match': '*', range: 'bytes=0-9' })).status, 206);
    });

    await t.test('a range holds for the tag of If-Range only', async (t) => {
      const range = 'bytes=0-9';
      t.equal((await get({ range, 'if-range': etag })).status, 206);
      t.equal((await get({ range, 'if-range': '"other"' })).status, 200);
      t.equal((await get({ range, 'if-range': `W/${etag}` })).status, 200);
      t.equal((await get({ range, 'if-range': new Date().toUTCString() })).status, 200);
    });

    await t.test('an empty file has no range', async (t) => {
      const { body: empty } = await upload(api, account, '');
      const { token } = account;
      const whole = await api.request('GET', `/files/${empty.id}/content`, { token });
      t.match({ status: whole.status, body: whole.body }, { status: 200, body: undefined });
      t.equal(whole.headers.get('content-length'), '0');
      const headers = { range: 'bytes=0-0' };
      const part = await api.request('GET', `/files/${empty.id}/content`, { token, headers });
      t.equal(part.status, 416);
    });

    await t.test('401, 403, 404: who may not, and what is not there', async (t) => {
      t.equal((await get({ authorization: '' })).status, 401);
      const user = await addUser(api, account, ['files:write']);
      const refused = await get({ authorization: `Bearer ${user.token}` });
      t.equal(refused.status, 403);
      const { token } = account;
      const missing = await api.request('GET', `/files/${randomUUID()}/content`, { token });
      t.match(
        { status: missing.status, code: missing.body.code },
        { status: 404, code: 'not_found' },
      );
      t.equal((await api.request('GET', '/files/1/content', { token })).status, 400);
    });

    await t.test('503: the store has lost it', async (t) => {
      const { body: lost } = await upload(api, account, 'lost');
      await api.app.platform.storage.remove(`files/${account.tenant.id}/${lost.id}`);
      const { status, body, headers } = await api.request('GET', `/files/${lost.id}/content`, {
        token: account.token,
      });
      t.match({ status, code: body.code }, { status: 503, code: 'storage_unavailable' });
      t.ok(headers.get('retry-after'));
    });

    await t.test('503: the store has less of it than there was', async (t) => {
      const { body: short } = await upload(api, account, 'all of it');
      const key = `files/${account.tenant.id}/${short.id}`;
      await api.app.platform.storage.put(key, Readable.from([Buffer.from('some')]));
      const { status, body } = await api.request('GET', `/files/${short.id}/content`, {
        token: account.token,
      });
      t.match({ status, code: body.code }, { status: 503, code: 'storage_unavailable' });
    });
  });
}

t.test('503: a file that goes while it is looked for', async (t) => {
  const api = await openSite(t, 'disk');
  const account = await signUp(api);
  const { body: file } = await upload(api, account, 'gone');
  const { storage } = api.app.platform;
  const { size } = storage;
  storage.size = async (key) => {
    const found = await size(key);
    await storage.remove(key);
    return found;
  };
  const { status, body, headers } = await api.request('GET', `/files/${file.id}/content`, {
    token: account.token,
  });
  t.match({ status, code: body.code }, { status: 503, code: 'storage_unavailable' });
  t.match(headers.get('content-type'), /^application\/problem\+json/);
  for (const name of ['etag', 'content-disposition', 'accept-ranges']) {
    t.equal(headers.get(name), null, name);
  }
});
