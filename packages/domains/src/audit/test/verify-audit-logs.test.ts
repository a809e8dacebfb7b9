import { writeFile } from 'node:fs/promises';
import { startApi } from '@trellis/test/api';
import { filesFolderOf } from '@trellis/test/database';
import { signUp } from '@trellis/test/sign-up';
import postgres, { type Sql } from 'postgres';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { anchorHeads } from '../chain/anchor-heads.ts';
import { fillTrail } from './open-trail.ts';

/** Keeps the trail from being read, as a lock of another transaction would. */
async function holdTable(owner: Sql): Promise<{ release(): void; locked: Promise<unknown> }> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const locked = owner.begin(async (sql) => {
    await sql`lock table audit_logs in access exclusive mode`;
    hold();
    await released;
  });
  await held;
  return { release, locked };
}

t.test('GET /audit-logs/verify', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const { platform } = api.app;
  const verify = (query = '', token: string | undefined = account.token) =>
    api.request('GET', `/audit-logs/verify${query}`, { token });

  await t.test('200: the trail of a new tenant, which has no anchor yet', async (t) => {
    const { status, body } = await verify();
    t.equal(status, 200);
    const { body: trail } = await api.request('GET', '/audit-logs', { token: account.token });
    const entries = trail.data.length;
    t.match(body, {
      valid: true,
      entries,
      problem: null,
      nextSeq: null,
      anchor: null,
    });
    t.same(body.first, { seq: 1, id: trail.data.at(-1).id });
    t.equal(body.head.seq, entries);
    t.same(
      trail.data.map(({ seq }: { seq: number }) => seq),
      Array.from({ length: entries }, (_, index) => entries - index),
    );
  });

  await t.test('200: in parts, which meet', async (t) => {
    await fillTrail(platform, 10, account.tenant.id);
    const { head } = (await verify()).body;
    let entries = 0;
    let next: number | null = 1;
    for (let part = 1; next !== null; part++) {
      const { body } = await verify(`?limit=4&fromSeq=${next}`);
      t.match(body, { valid: true, first: { seq: next } });
      entries += body.entries;
      t.equal(body.nextSeq, body.head.seq > part * 4 ? part * 4 + 1 : null);
      next = body.nextSeq;
    }
    t.equal(entries, head.seq);
    t.match((await verify('?fromSeq=9007199254740991')).body, { valid: true, entries: 0 });
  });

  await t.test('200: compared with the newest anchor', async (t) => {
    await anchorHeads(platform);
    const { body } = await verify();
    t.match(body, { valid: true, anchor: { seq: body.head.seq } });
    t.match(body.anchor.anchoredAt, /^\d{4}-/);
  });

  await t.test('200: a trail that was altered, and nothing of another tenant', async (t) => {
    const stranger = await signUp(api, 'B');
    const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
    t.teardown(() => owner.end());
    await owner`alter table audit_logs no force row level security`;
    const [changed] = await owner<{ id: string }[]>`
      update audit_logs set ip = reverse(ip)
      where tenant_id = ${account.tenant.id} and seq = 3 returning id`;
    const { status, body } = await verify();
    t.equal(status, 200);
    t.match(body, {
      valid: false,
      entries: 2,
      problem: { kind: 'altered', seq: 3, id: changed?.id },
    });
    t.match((await verify('', stranger.token)).body, { valid: true });
    await owner`update audit_logs set ip = reverse(ip) where id = ${changed?.id ?? ''}`;
    t.equal((await verify()).body.valid, true, 'right again once it is as it was');
  });

  await t.test('200: says so when the anchor was altered', async (t) => {
    const { body } = await verify();
    const folder = `${filesFolderOf(api.database)}/audit-anchors/${account.tenant.id}`;
    const file = `${folder}/${String(body.anchor.seq).padStart(16, '0')}`;
    for (const text of ['{"seq": 1}', 'no JSON', 'null']) {
      await writeFile(file, text);
      const { status, body } = await verify();
      t.equal(status, 200);
      t.match(body, { valid: false, problem: { kind: 'anchor_altered', seq: null, id: null } });
    }
  });

  await t.test('503: while the store of the anchors cannot be read', async (t) => {
    // Nothing listens there.
    const STORAGE_URL = 's3://key:secret@bucket?region=x&endpoint=http://127.0.0.1:9';
    const other = await startApi(t, { beside: api, env: { STORAGE_URL } });
    const { status, body, headers } = await other.request('GET', '/audit-logs/verify', {
      token: account.token,
    });
    t.equal(status, 503);
    t.equal(body.code, 'unavailable');
    t.ok(headers.get('retry-after'));
  });

  await t.test('429: a second call while the first one runs', async (t) => {
    const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
    t.teardown(() => owner.end());
    const { release, locked } = await holdTable(owner);
    const calls = [verify(), verify()];
    const busy = await Promise.race(calls);
    t.equal(busy.status, 429);
    t.equal(busy.body.code, 'verification_running');
    t.ok(busy.headers.get('retry-after'));
    release();
    await locked;
    t.same((await Promise.all(calls)).map(({ status }) => status).sort(), [200, 429]);
    t.equal((await verify()).status, 200, 'and not longer');
  });

  await t.test('400: a query that is not valid', async (t) => {
    for (const query of ['?fromSeq=0', '?limit=0', '?limit=10001', '?fromSeq=a', '?to=5']) {
      t.equal((await verify(query)).body.code, 'validation_failed', query);
    }
  });

  await t.test('403: without audit:read', async (t) => {
    const { token } = await addUser(api, account, ['roles:read']);
    t.equal((await verify('', token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await verify('', '')).status, 401);
  });
});
