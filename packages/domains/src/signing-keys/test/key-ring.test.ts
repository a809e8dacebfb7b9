import { newId } from '@trellis/core/ids';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { createKeyRing } from '../key-ring.ts';
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
