import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { workerSettingsOf } from '@trellis/test/settings';
import { type Account, signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { rotateSigningKeys } from '../jobs.ts';
import { signingKeysChanged } from '../rotate-keys.ts';
import createWorker from '../worker.ts';
import { headerOf, publishedKeys, statusOf, verifiesBy } from './tokens.ts';

interface KeyRow {
  id: string;
  active_at: string;
  retired_at: string | null;
}

const keysOf = ({ app }: Api): Promise<KeyRow[]> =>
  app.platform.db.asSystem(
    (tx) => tx.sql<KeyRow[]>`
      select id, active_at::text, retired_at::text from signing_keys order by active_at`,
  );

/** Runs the job as the worker does. */
async function rotate({ app, env }: Api): Promise<void> {
  const { handlers } = createWorker({ ...app.platform, settings: workerSettingsOf(env) });
  const handler = handlers.find(({ job }) => job === rotateSigningKeys);
  await handler?.run({}, { id: 'run-1', attempt: 1 });
}

/** Moves a key in time, as an operator could, and tells the processes. */
async function change({ app }: Api, id: string, column: 'active_at' | 'retired_at', ago: string) {
  const { db, changes } = app.platform;
  await db.asSystem(async (tx) => {
    await tx.sql`
      update signing_keys set ${tx.sql(column)} = now() - ${ago}::interval where id = ${id}`;
    await changes.announce(tx, signingKeysChanged, '');
  });
}

async function refresh(api: Api, { refreshToken }: Account): Promise<Account> {
  const { body } = await api.request('POST', '/auth/refresh', { body: { refreshToken } });
  return { ...body, token: body.accessToken };
}

const kidsOf = async (api: Api) => (await publishedKeys(api)).map(({ kid }) => kid);

t.test('a signing key is replaced without anybody noticing', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const both = [api, second];
  const account = await signUp(api);
  const oldKid = headerOf(account.token).kid;
  for (const server of both) t.equal(await statusOf(server, account.token), 200);

  await rotate(api);
  t.equal((await keysOf(api)).length, 1, 'not before its time');

  await change(api, oldKid, 'active_at', '31 days');
  await Promise.all([rotate(api), rotate(second)]);
  const [old, next, ...more] = await keysOf(api);
  t.same(more, [], 'one new key, however often it is tried');
  const nextKid = next?.id ?? '';

  await t.test('the next one is published before it signs', async (t) => {
    const aheadMs = Date.parse(next?.active_at ?? '') - Date.now();
    t.ok(aheadMs > 300_000, 'for longer than readers keep the list');
    t.ok(aheadMs <= 600_000);
    for (const server of both) {
      await eventually(async () => (await kidsOf(server)).includes(nextKid));
      t.same(new Set(await kidsOf(server)), new Set([oldKid, nextKid]));
    }
    t.equal(headerOf((await signUp(second)).token).kid, oldKid);
  });

  await t.test('the old one verifies for longer than any token of it lives', async (t) => {
    const overlapMs = Date.parse(old?.retired_at ?? '') - Date.parse(next?.active_at ?? '');
    t.ok(overlapMs > 86_400_000);
    t.equal(next?.retired_at, null);
  });

  await change(api, nextKid, 'active_at', '0');
  const renewed = await eventually(async () => {
    const fresh = await signUp(second);
    return headerOf(fresh.token).kid === nextKid && fresh;
  });

  await t.test('then new tokens are of the new key, and old ones go on', async (t) => {
    for (const server of both) {
      t.equal(await statusOf(server, renewed.token), 200);
      t.equal(await statusOf(server, account.token), 200);
      t.ok(verifiesBy(await publishedKeys(server), account.token));
      t.ok(verifiesBy(await publishedKeys(server), renewed.token));
    }
  });

  await change(api, oldKid, 'retired_at', '0');

  await t.test('a retired key verifies no more, not even tokens that were verified', async (t) => {
    for (const server of both) {
      await eventually(async () => (await statusOf(server, account.token)) === 401);
      t.same(await kidsOf(server), [nextKid]);
      t.equal(await statusOf(server, renewed.token), 200);
    }
    const again = await refresh(second, account);
    t.equal(await statusOf(api, again.token), 200, 'its sessions go on');
  });

  await t.test('and its private half is removed', async (t) => {
    await rotate(api);
    t.same(
      (await keysOf(api)).map(({ id }) => id),
      [nextKid],
    );
  });
});

t.test('a key that was deleted by SQL is out of use as soon as that is announced', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const account = await signUp(api);
  for (const server of [api, second]) t.equal(await statusOf(server, account.token), 200);
  const { db } = api.app.platform;
  await db.asSystem(async ({ sql }) => {
    await sql`delete from signing_keys`;
    await sql`select pg_notify('trellis_changes', '{"topic":"signing-keys.changed","key":""}')`;
  });
  for (const server of [api, second]) {
    await eventually(async () => (await statusOf(server, account.token)) === 401);
  }
  const again = await refresh(second, account);
  t.not(headerOf(again.token).kid, headerOf(account.token).kid);
  for (const server of [api, second]) t.equal(await statusOf(server, again.token), 200);
});

t.test('the job makes no key where none was needed', async (t: Test) => {
  const api = await startApi(t, { env: { ACCESS_TOKEN_ALGORITHM: 'HS256' } });
  await signUp(api);
  await rotate(api);
  t.same(await keysOf(api), []);
});
