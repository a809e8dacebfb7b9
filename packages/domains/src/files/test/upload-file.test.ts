import { createHash, randomBytes } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { openSite, stores } from './open-site.ts';
import { storageAccount } from './storage-account.ts';
import { bytes, fieldPart, filePart, formEnd, sendForm, upload, uploadStream } from './upload.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);
const nothing = { counted: 0, files: 0, fileBytes: 0, uploads: 0, reservedBytes: 0 };

for (const store of stores) {
  t.test(`POST /files (${store})`, async (t) => {
    const api = await openSite(t, store);

    await t.test('201: answers what is known of the file, and audits it', async (t) => {
      const account = await signUp(api);
      const { status, body, headers } = await upload(api, account, png, {
        name: 'dot.png',
        type: 'text/html',
      });
      t.equal(status, 201);
      t.equal(headers.get('location'), `/api/v1/files/${body.id}`);
      t.match(body, {
        name: 'dot.png',
        contentType: 'image/png',
        size: png.length,
        checksum: createHash('sha256').update(png).digest('hex'),
        uploadedBy: account.user.id,
      });
      const shown = await api.request('GET', `/files/${body.id}`, { token: account.token });
      t.same(shown.body, body);
      const trail = await api.request('GET', `/audit-logs?resourceId=${body.id}`, {
        token: account.token,
      });
      t.match(trail.body.data, [{ action: 'file.created', after: { name: 'dot.png' } }]);
      t.same(await storageAccount(api, account), {
        ...nothing,
        counted: png.length,
        files: 1,
        fileBytes: png.length,
      });
      t.same(await api.stored(account), { objects: 1, unfinished: 0 });
    });

    await t.test('201: a file of many parts, of a length that nobody knew', async (t) => {
      const account = await signUp(api);
      const size = 11 * 1_048_576 + 5;
      const { status, body } = await uploadStream(api, account, bytes(size));
      t.match({ status, size: body.size }, { status: 201, size });
      const after = await storageAccount(api, account);
      t.same(after, { ...nothing, counted: size, files: 1, fileBytes: size });
    });

    await t.test('201: an empty file', async (t) => {
      const account = await signUp(api);
      const { status, body } = await upload(api, account, '');
      t.match({ status, size: body.size }, { status: 201, size: 0 });
      t.match(body, { contentType: 'application/octet-stream' });
    });

    await t.test('400: what is no such form leaves nothing', async (t) => {
      const account = await signUp(api);
      const text = randomBytes(2_000).toString('hex');
      const forms = {
        'no part at all': formEnd.slice(2),
        nothing: '',
        'another field': `${fieldPart('title', 'a')}${filePart()}${text}${formEnd}`,
        'two names': `${fieldPart('name', 'a')}${fieldPart('name', 'b')}${filePart()}a${formEnd}`,
        'a long name': `${fieldPart('name', 'a'.repeat(2_000))}${filePart()}a${formEnd}`,
        'a file of another field': `${filePart('a.txt', 'text/plain', 'photo')}${text}${formEnd}`,
        'a field instead of a file': `${fieldPart('file', 'a')}${formEnd.slice(2)}`,
        'two files': `${filePart()}${text}\r\n${filePart()}${text}${formEnd}`,
        'a field after the file': `${filePart()}${text}\r\n${fieldPart('name', 'a')}${formEnd.slice(2)}`,
        'a form that breaks off in the file': `${filePart()}${text}`,
        'a form that breaks off before the file': filePart().slice(0, -10),
        'a prototype': `${fieldPart('__proto__', 'a')}${filePart()}a${formEnd}`,
        'no form': text,
      };
      for (const [what, form] of Object.entries(forms)) {
        const { status, body } = await sendForm(api, account, Buffer.from(form));
        t.match({ status, code: body.code }, { status: 400, code: 'malformed_multipart' }, what);
      }
      t.same(await storageAccount(api, account), nothing);
      t.same(await api.stored(account), { objects: 0, unfinished: 0 });
    });

    await t.test('413: a file above FILE_SIZE_MAX_BYTES is cut off there', async (t) => {
      const small = await startApi(t, {
        beside: api,
        env: { FILE_SIZE_MAX_BYTES: String(6 * 1_048_576) },
      });
      const account = await signUp(api);
      const fits = await uploadStream(small, account, bytes(6 * 1_048_576));
      t.equal(fits.status, 201, 'all that is allowed');
      const { status, body } = await uploadStream(small, account, bytes(5_000_000_000));
      t.match({ status, code: body.code }, { status: 413, code: 'file_too_large' });
      t.match(body.detail, /6291456/);
      t.same(await api.stored(account), { objects: 1, unfinished: 0 });
      t.match(await storageAccount(api, account), { counted: fits.body.size, uploads: 0 });
    });
  });
}

t.test('POST /files, who may', async (t) => {
  const api = await startApi(t);
  const count = async ({ token }: Account) =>
    (await api.request('GET', '/files', { token })).body.data.length;

  await t.test('401: nobody is logged in', async (t) => {
    const { status, body } = await sendForm(api, {}, Buffer.from(`${filePart()}a${formEnd}`));
    t.match({ status, code: body.code }, { status: 401, code: 'unauthenticated' });
  });

  await t.test('403: without files:write', async (t) => {
    const account = await signUp(api);
    const reader = await addUser(api, account, ['*:read', 'files:delete']);
    const { status, body } = await upload(api, reader, 'a');
    t.match({ status, code: body.code }, { status: 403, code: 'forbidden' });
    t.equal(await count(account), 0);
  });

  await t.test('415: another content type', async (t) => {
    const { token } = await signUp(api);
    for (const type of ['application/json', 'text/plain', 'image/png', 'multipart/mixed']) {
      const { status, body } = await api.request('POST', '/files', {
        token,
        body: { file: 'a' },
        headers: { 'content-type': type },
      });
      t.match({ status, code: body.code }, { status: 415, code: 'unsupported_media_type' }, type);
    }
    const { status } = await api.request('POST', '/files', { token });
    t.equal(status, 415, 'none');
  });

  await t.test('400: a form without a boundary', async (t) => {
    const { token } = await signUp(api);
    const { status, body } = await api.request('POST', '/files', {
      token,
      body: 'a',
      headers: { 'content-type': 'multipart/form-data' },
    });
    t.match({ status, code: body.code }, { status: 400, code: 'malformed_multipart' });
  });

  await t.test('409: an idempotency key uploads once, and for one caller', async (t) => {
    const account = await signUp(api);
    const headers = { 'idempotency-key': 'once' };
    const first = await upload(api, account, 'a', { headers });
    const again = await upload(api, account, 'a', { headers });
    t.same([first.status, again.status], [201, 201]);
    t.equal(again.body.id, first.body.id);
    const other = await addUser(api, account, ['files:write']);
    const { status, body } = await upload(api, other, 'a', { headers });
    t.match({ status, code: body.code }, { status: 409, code: 'idempotency_key_reused' });
    t.equal(await count(account), 1);
  });
});
