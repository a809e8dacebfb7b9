import { randomUUID } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { download, problemOf } from './download.ts';
import { openSite, stores } from './open-site.ts';
import { upload } from './upload.ts';

for (const store of stores) {
  t.test(`a link gives the content without a credential (${store})`, async (t) => {
    const api = await openSite(t, store);
    const account = await signUp(api);
    const { body: file } = await upload(api, account, 'the content', { name: 'a.txt' });
    const { status, body } = await api.request('POST', `/files/${file.id}/link`, {
      token: account.token,
      body: { expiresInSeconds: 600 },
    });
    t.equal(status, 200);
    const inSeconds = (Date.parse(body.expiresAt) - Date.now()) / 1_000;
    t.ok(inSeconds > 500 && inSeconds <= 600);
    t.ok(body.url.startsWith(`${api.url}/api/v1/files/download?`));
    const reply = await download(body.url);
    t.equal(String(reply.bytes), 'the content');
    t.match(Object.fromEntries(reply.headers), {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'attachment; filename=a.txt',
      'content-security-policy': /^sandbox/,
    });
    const part = await download(body.url, { range: 'bytes=4-10' });
    t.match({ status: part.status, text: String(part.bytes) }, { status: 206, text: 'content' });
    t.equal((await download(body.url, {}, 'HEAD')).status, 200);
    const etag = String(reply.headers.get('etag'));
    t.equal((await download(body.url, { 'if-none-match': etag })).status, 304);
    t.equal((await download(body.url, { 'if-match': '"other"' })).status, 412);
    t.equal((await download(body.url, { range: 'bytes=11-' })).status, 416);
    const trail = await api.request('GET', `/audit-logs?action=file.shared`, {
      token: account.token,
    });
    t.match(trail.body.data, [{ resourceId: file.id, after: { expiresAt: body.expiresAt } }]);
    t.notOk(
      JSON.stringify(trail.body).includes(String(new URL(body.url).searchParams.get('signature'))),
    );
  });
}

t.test('links', async (t) => {
  const api = await startApi(t, { env: { FILE_LINK_TTL_SECONDS_MAX: '1000' } });
  const account = await signUp(api);
  const { token } = account;
  const { body: file } = await upload(api, account, 'the content');
  const link = (id: string, body: unknown, caller: string | undefined = token) =>
    api.request('POST', `/files/${id}/link`, { token: caller, body });

  await t.test('403: one that was altered', async (t) => {
    const { body } = await link(file.id, {});
    const other = await upload(api, account, 'another content');
    const stranger = await signUp(api);
    for (const [name, value] of [
      ['file', other.body.id],
      ['file', randomUUID()],
      ['tenant', stranger.tenant.id],
      ['expires', '9999999999'],
      ['expires', 'never'],
      ['signature', 'k1.AAAA'],
      ['signature', ''],
      ['signature', 'k2.AAAA'],
    ] as const) {
      const url = new URL(body.url);
      url.searchParams.set(name, value);
      const reply = await download(url);
      t.equal(reply.status, 403, `${name}=${value}`);
      t.equal(problemOf(reply).code, 'link_invalid');
    }
    t.equal((await download(body.url)).status, 200, 'as it was given it works');
  });

  await t.test('403: one that has expired', async (t) => {
    const { body } = await link(file.id, { expiresInSeconds: 1 });
    const reply = await eventually(async () => {
      const answer = await download(body.url);
      return answer.status !== 200 && answer;
    });
    t.ok(Date.now() >= Date.parse(body.expiresAt), 'not before its time');
    t.equal(reply.status, 403);
    t.equal(problemOf(reply).code, 'link_invalid');
  });

  await t.test('403: while the tenant is suspended', async (t) => {
    const closed = await signUp(api);
    const { body: kept } = await upload(api, closed, 'kept');
    const { body } = await link(kept.id, {}, closed.token);
    const setStatus = (status: string) =>
      asSystem(
        api.database,
        (tx) => tx.sql`update tenants set status = ${status} where id = ${closed.tenant.id}`,
      );
    await setStatus('suspended');
    const reply = await download(body.url);
    t.match(
      { status: reply.status, code: problemOf(reply).code },
      { status: 403, code: 'tenant_suspended' },
    );
    await setStatus('active');
    t.equal((await download(body.url)).status, 200);
  });

  await t.test('404: to a file that was deleted', async (t) => {
    const { body: deleted } = await upload(api, account, 'a');
    const { body } = await link(deleted.id, {});
    await api.request('DELETE', `/files/${deleted.id}`, { token });
    const reply = await download(body.url);
    t.equal(reply.status, 404);
    t.equal(problemOf(reply).code, 'not_found');
  });

  await t.test('400: longer than FILE_LINK_TTL_SECONDS_MAX, or no time at all', async (t) => {
    for (const expiresInSeconds of [1_001, 0, -1, 1.5, '60']) {
      const { status, body } = await link(file.id, { expiresInSeconds });
      t.match({ status, code: body.code }, { status: 400, code: 'validation_failed' });
    }
    t.equal((await link(file.id, { expiresInSeconds: 1_000 })).status, 200);
    const part = await download(`${api.url}/api/v1/files/download?file=${file.id}`);
    t.match(
      { status: part.status, code: problemOf(part).code },
      { status: 400, code: 'validation_failed' },
    );
  });

  await t.test('401, 403, 404: who may not, and what is not there', async (t) => {
    t.equal((await api.request('POST', `/files/${file.id}/link`, { body: {} })).status, 401);
    const user = await addUser(api, account, ['files:write']);
    t.equal((await link(file.id, {}, user.token)).status, 403);
    t.equal((await link(randomUUID(), {})).status, 404);
  });
});

t.test('a link leads to PUBLIC_URL', async (t) => {
  const api = await startApi(t, { env: { PUBLIC_URL: 'https://api.example.com/' } });
  const account = await signUp(api);
  const { body: file } = await upload(api, account, 'a');
  const { body } = await api.request('POST', `/files/${file.id}/link`, {
    token: account.token,
    body: {},
  });
  t.ok(body.url.startsWith('https://api.example.com/api/v1/files/download?'));
});
