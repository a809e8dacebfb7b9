import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { createKeyRing } from '../key-ring.ts';
import { headerOf, publishedKeys, statusOf } from './tokens.ts';

t.test('ten APIs that start on an empty database make one signing key', async (t) => {
  const first = await startApi(t);
  const others = await Promise.all(Array.from({ length: 9 }, () => startApi(t, { beside: first })));
  const apis = [first, ...others];
  const [accounts, lists] = await Promise.all([
    Promise.all(apis.map((api, index) => signUp(api, `Tenant${index}`))),
    Promise.all(apis.map(publishedKeys)),
  ]);
  const rows = await first.app.platform.db.asSystem((tx) => tx.sql`select id from signing_keys`);
  t.equal(rows.length, 1);
  const kids = [
    ...accounts.map(({ token }) => headerOf(token).kid),
    ...lists.flat().map(({ kid }) => kid),
  ];
  t.equal(kids.length, 20);
  t.same(new Set(kids), new Set([rows[0]?.id]));
  const statuses = await Promise.all(apis.map((api) => statusOf(api, accounts[0]?.token ?? '')));
  t.same(new Set(statuses), new Set([200]), 'a token of one is good in all');
});

t.test('a process whose clock is slow or fast signs with the key that is there', async (t) => {
  const api = await startApi(t);
  const { platform } = api.app;
  const { token } = await signUp(api);
  const { kid } = headerOf(token);
  for (const offMs of [-5_000, -3_600_000, 3_600_000]) {
    const clock = { now: () => new Date(Date.now() + offMs) };
    const ring = createKeyRing({ ...platform, clock });
    for (let round = 0; round < 3; round++) {
      const { id } = await platform.db.asSystem((tx) => ring.signingKey(tx));
      t.equal(id, kid, `${offMs} ms`);
    }
  }
  const rows = await platform.db.asSystem((tx) => tx.sql`select id from signing_keys`);
  t.equal(rows.length, 1);
});

t.test('a process whose clock is slow makes one first key', async (t) => {
  const { platform } = (await startApi(t)).app;
  const ring = createKeyRing({ ...platform, clock: { now: () => new Date(Date.now() - 5_000) } });
  const made = new Set<string>();
  for (let round = 0; round < 3; round++) {
    made.add((await platform.db.asSystem((tx) => ring.signingKey(tx))).id);
  }
  t.equal(made.size, 1);
});

t.test('a signing key stays away when the sign-up that made it fails', async (t) => {
  const api = await startApi(t);
  const { db } = api.app.platform;
  const claims = { sub: 'nobody', tid: 'nothing', sid: 'none' };
  const failing = db.asSystem(async (tx) => {
    await api.app.signAccessToken(tx, claims, 60);
    throw new Error('the rest of it failed');
  });
  await t.rejects(failing, { message: 'the rest of it failed' });
  t.equal((await db.asSystem((tx) => tx.sql`select id from signing_keys`)).length, 0);
  const { token } = await signUp(api);
  t.equal(await statusOf(api, token), 200);
});
