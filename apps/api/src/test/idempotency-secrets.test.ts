import { createHash } from 'node:crypto';
import { newId } from '@trellis/core/ids';
import { type Api, startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';

const keyOf = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`;

t.test('what is kept of a request under an Idempotency-Key', async (t) => {
  const api = await startApi(t, { env: { SECRET_KEY: keyOf('k1') } });
  const { token, user } = await signUp(api);
  const body = { email: `${newId()}@example.com`, name: 'Ada', password: 'guess me if you can' };
  const headers = { 'idempotency-key': newId() };
  const first = await api.request('POST', '/users', { token, body, headers });
  t.equal(first.status, 201);
  const repeat = (at: Api, more: object = {}) =>
    at.request('POST', '/users', { token, headers, body: { ...body, ...more } });

  await t.test('is no hash by which the password in it could be guessed', async (t) => {
    const [row] = await api.app.platform.db.querySystem<{ request_hash: string }>(
      (sql) => sql`
        select request_hash from idempotency_keys where key = ${headers['idempotency-key']}`,
    );
    const parts = ['POST', '/api/v1/users', 'user', user.id, JSON.stringify(body)];
    const plain = createHash('sha256').update(parts.join('\n')).digest('base64url');
    t.match(row?.request_hash, /^k1\.[\w-]{43}$/);
    t.notMatch(row?.request_hash, plain);
  });

  await t.test('still says after a rotation of SECRET_KEY what a repeat is', async (t) => {
    for (const [step, keys] of [
      ['the new key behind the old one', ['k1', 'k2']],
      ['the new key in front', ['k2', 'k1']],
    ] as const) {
      const SECRET_KEY = keys.map(keyOf).join(',');
      const rotated = await startApi(t, { beside: api, env: { SECRET_KEY } });
      const again = await repeat(rotated);
      t.equal(again.status, 201, step);
      t.same(again.body, first.body);
      t.equal(again.headers.get('idempotency-replayed'), 'true');
      const other = await repeat(rotated, { password: 'guess me if you may' });
      t.equal(other.body.code, 'idempotency_key_reused', step);
    }
  });

  await t.test('that was written after the rotation is known before it is over', async (t) => {
    const [ahead, behind] = await Promise.all([
      startApi(t, { beside: api, env: { SECRET_KEY: `${keyOf('k2')},${keyOf('k1')}` } }),
      startApi(t, { beside: api, env: { SECRET_KEY: `${keyOf('k1')},${keyOf('k2')}` } }),
    ]);
    const other = {
      token,
      headers: { 'idempotency-key': newId() },
      body: { ...body, email: `${newId()}@example.com` },
    };
    const made = await ahead.request('POST', '/users', other);
    t.equal(made.status, 201);
    const again = await behind.request('POST', '/users', other);
    t.same([again.status, again.body], [201, made.body]);
  });
});
