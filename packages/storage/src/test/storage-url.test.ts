import { resolve } from 'node:path';
import { createObjectStore } from '@trellis/storage/create-object-store';
import { parseStorageUrl } from '@trellis/storage/storage-url';
import t from 'tap';

t.test('a folder is given as it is', async (t) => {
  const folders = {
    'file:./files': './files',
    'file:/srv/files': '/srv/files',
    'file:///srv/my%20files': '/srv/my files',
    'file://localhost/srv': '/srv',
    'file:C:\\files': 'C:\\files',
  };
  for (const [url, folder] of Object.entries(folders)) {
    t.same(parseStorageUrl(url), { kind: 'disk', folder }, url);
  }
  const store = createObjectStore({ url: 'file:./files', timeoutMs: 1_000 });
  t.equal(store.folder, resolve('files'));
});

t.test('a bucket comes with all that is needed to reach it', async (t) => {
  t.same(parseStorageUrl('s3://bucket'), { kind: 's3', bucket: 'bucket', prefix: '' });
  t.same(
    parseStorageUrl(
      's3://KEY:se%2Fcr%2Bet@my.bucket/a/b/?region=eu-central-1&endpoint=http%3A%2F%2Flocalhost%3A9000',
    ),
    {
      kind: 's3',
      bucket: 'my.bucket',
      prefix: 'a/b/',
      region: 'eu-central-1',
      endpoint: 'http://localhost:9000',
      credentials: { accessKeyId: 'KEY', secretAccessKey: 'se/cr+et' },
    },
  );
});

t.test('what is none of both is refused, without a secret in the message', async (t) => {
  for (const url of [
    '',
    'file:',
    'file://',
    'file://server/share',
    'ftp://pass-word@bucket',
    's3://',
    's3://KEY:pass-word@',
    's3://KEY:pass-word@bucket:9000',
    's3://KEY:pass-word@bucket#a',
    's3://KEY:pass-word@bucket?acl=public',
    's3://KEY:pass-word@bucket?endpoint=localhost',
    's3://KEY:sec%zzret@bucket',
    's3://pass-word@bucket',
    's3://:pass-word@bucket',
  ]) {
    t.throws(() => parseStorageUrl(url), /^(?!.*pass-word.*)(?=.)/, url);
  }
});
