import { newId } from '@trellis/core/ids';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { createKeyRing } from '../key-ring.ts';
import { signingKeysChanged } from '../rotate-keys.ts';
import { forge, headerOf, publishedKeys, statusOf } from './tokens.ts';

/** A ring beside that of the API, and how often it has read. */
function countingRing({ app }: Api) {
  const { platform } = app;
  let reads = 0;
  const asSystem: typeof platform.db.asSystem = (work) => {
    reads++;
    return platform.db.asSystem(work);
  };
  const ring = createKeyRing({ ...platform, db: { ...platform.db, asSystem } });
  return { ring, reads: () => reads };
}

t.test('keys in memory', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const { kid } = headerOf(token);

  await t.test('made-up key ids share the readings of Postgres', async (t) => {
    const { ring, reads } = countingRing(api);
    const startedMs = performance.now();
    for (let round = 0; round < 3; round++) {
      const found = await Promise.all(
        Array.from({ length: 300 }, () => ring.verificationKey(newId())),
      );
      t.same(new Set(found), new Set([undefined]));
    }
    const elapsedMs = performance.now() - startedMs;
    t.ok(reads() <= 2 + elapsedMs / 500, `${reads()} readings in ${Math.round(elapsedMs)} ms`);
  });

  await t.test('what is no id is not looked for', async (t) => {
    const { ring, reads } = countingRing(api);
    await ring.verificationKey(kid);
    const before = reads();
    for (const id of ['', 'undefined', 'k1', `${kid}x`]) {
      t.equal(await ring.verificationKey(id), undefined);
    }
    t.equal(reads(), before);
  });

  await t.test('a key that was made meanwhile is found, whatever else is asked for', async (t) => {
    const { ring } = countingRing(api);
    await ring.verificationKey(newId());
    const noise = Array.from({ length: 50 }, () => ring.verificationKey(newId()));
    t.equal((await ring.verificationKey(kid))?.id, kid);
    await Promise.all(noise);
  });
});

t.test('a change that could not be read is read soon after', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const { platform } = api.app;
  const { kid } = headerOf(token);
  let failures = 0;
  let failsNext = false;
  const asSystem: typeof platform.db.asSystem = async (work) => {
    if (!failsNext) return platform.db.asSystem(work);
    failsNext = false;
    failures++;
    throw new Error('Postgres was away for a moment');
  };
  const ring = createKeyRing({ ...platform, db: { ...platform.db, asSystem } });
  await ring.verificationKey(kid);
  t.ok(ring.isAccepted(kid));
  failsNext = true;
  await platform.db.asSystem(async (tx) => {
    await tx.sql`delete from signing_keys where id = ${kid}`;
    await platform.changes.announce(tx, signingKeysChanged, '');
  });
  await eventually(() => failures === 1 && !ring.isAccepted(kid));
  t.notOk(await ring.verificationKey(kid));
});

t.test('a process that hears of no changes looks for them itself', async (t) => {
  const api = await startApi(t);
  const deaf = await startApi(t, { beside: api });
  const { token } = await signUp(api);
  t.equal(await statusOf(deaf, token), 200);
  await deaf.app.platform.changes.close();
  await api.app.platform.db.asSystem((tx) => tx.sql`delete from signing_keys`);
  await eventually(async () => (await statusOf(deaf, token)) === 401);
});

t.test('while Postgres is away', async (t) => {
  const first = await startApi(t);
  const proxy = await startProxy(t, first.database.appUrl);
  const api = await startApi(t, { beside: first, env: { DATABASE_URL: proxy.url } });
  const { token } = await signUp(api);
  const stranger = forge(
    token,
    { ...headerOf(token), kid: newId() },
    () => token.split('.')[2] ?? '',
  );
  t.equal((await api.request('GET', '/permissions', { token })).status, 200);
  await eventually(async () => (await publishedKeys(api)).length === 1);
  proxy.cut();

  t.equal((await api.request('GET', '/permissions', { token })).status, 200, 'tokens verify');
  t.equal((await publishedKeys(api)).length, 1, 'known keys are published');
  t.equal(await statusOf(api, stranger), 503, 'of an unknown key nobody can tell');
  const fresh = await startApi(t, { beside: first, env: { DATABASE_URL: proxy.url } });
  const unknown = await fresh.request('GET', '//.well-known/jwks.json');
  t.equal(unknown.status, 503);

  proxy.restore();
  await eventually(async () => (await statusOf(fresh, token)) === 200);
  await eventually(async () => (await statusOf(api, stranger)) === 401);
});
