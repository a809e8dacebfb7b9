import { randomUUID } from 'node:crypto';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import { startS3Server } from '@trellis/test/s3-server';
import { signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { openSite, stores } from './open-site.ts';
import { storageAccount } from './storage-account.ts';
import { upload } from './upload.ts';

for (const store of stores) {
  t.test(`DELETE /files/:id (${store})`, async (t) => {
    const api = await openSite(t, store);

    await t.test('204: the file is gone, its bytes are free, and its content goes', async (t) => {
      const account = await signUp(api);
      const { token } = account;
      const { body: file } = await upload(api, account, 'to be deleted', { name: 'a.txt' });
      const { body: kept } = await upload(api, account, 'to be kept');
      const { status, body } = await api.request('DELETE', `/files/${file.id}`, { token });
      t.match({ status, body }, { status: 204, body: undefined });
      for (const path of [`/files/${file.id}`, `/files/${file.id}/content`]) {
        t.equal((await api.request('GET', path, { token })).status, 404);
      }
      t.match(await storageAccount(api, account), { counted: 10, files: 1 });
      const trail = await api.request('GET', '/audit-logs?action=file.deleted', { token });
      t.match(trail.body.data, [{ resourceId: file.id, before: { name: 'a.txt' } }]);
      await startWorker(t, api);
      await eventually(async () => (await api.stored(account)).objects === 1);
      const reply = await api.request('GET', `/files/${kept.id}/content`, { token });
      t.equal(reply.body, 'to be kept');
    });

    await t.test('401, 403, 404: who may not, and what is not there', async (t) => {
      const account = await signUp(api);
      const { body: file } = await upload(api, account, 'a');
      t.equal((await api.request('DELETE', `/files/${file.id}`)).status, 401);
      const user = await addUser(api, account, ['*:read', 'files:write']);
      const refused = await api.request('DELETE', `/files/${file.id}`, { token: user.token });
      t.match({ status: refused.status, code: refused.body.code }, { status: 403 });
      const { token } = account;
      t.equal((await api.request('DELETE', `/files/${randomUUID()}`, { token })).status, 404);
      t.equal((await api.request('DELETE', '/files/1', { token })).status, 400);
      t.match(await storageAccount(api, account), { counted: 1, files: 1 });
    });

    await t.test('several at once delete it once', async (t) => {
      const account = await signUp(api);
      const { token } = account;
      const { body: file } = await upload(api, account, '12345');
      const replies = await Promise.all(
        Array.from({ length: 5 }, () => api.request('DELETE', `/files/${file.id}`, { token })),
      );
      t.same(replies.map(({ status }) => status).sort(), [204, 404, 404, 404, 404]);
      t.match(await storageAccount(api, account), { counted: 0, files: 0 });
    });
  });
}

t.test('a file can be deleted while the store is away', async (t) => {
  const server = await startS3Server(t);
  const proxy = await startProxy(t, server.url);
  const api = await openSite(t, 'disk', {
    env: {
      STORAGE_URL: server.storageUrl(new URL(proxy.url).origin),
      STORAGE_TIMEOUT_MS: '500',
    },
  });
  const account = await signUp(api);
  const { token } = account;
  const { body: file } = await upload(api, account, 'a');
  proxy.cut();
  t.equal((await api.request('DELETE', `/files/${file.id}`, { token })).status, 204);
  const away = await upload(api, account, 'another');
  t.match(
    { status: away.status, code: away.body.code },
    { status: 503, code: 'storage_unavailable' },
  );
  await startWorker(t, api);
  proxy.restore();
  await eventually(async () => (await api.stored(account)).objects === 0, { timeoutMs: 60_000 });
  const back = await eventually(async () => {
    const reply = await upload(api, account, 'another');
    return reply.status === 201 && reply;
  });
  t.equal(back.body.size, 7);
});
