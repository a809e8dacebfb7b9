import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { headerOf, statusOf } from './tokens.ts';

const secretKey = (id: string, byte: number) =>
  `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const k1 = secretKey('k1', 1);
const k2 = secretKey('k2', 2);

t.test('when SECRET_KEY is rotated', async (t) => {
  await t.test('ES256: the same signing key signs on', async (t) => {
    const before = await startApi(t, { env: { SECRET_KEY: k1 } });
    const { token } = await signUp(before);
    const after = await startApi(t, { beside: before, env: { SECRET_KEY: `${k2},${k1}` } });
    t.equal(headerOf((await signUp(after)).token).kid, headerOf(token).kid);
    t.equal(await statusOf(after, token), 200);
  });

  await t.test('ES256: a signing key that cannot be opened verifies, another signs', async (t) => {
    const before = await startApi(t, { env: { SECRET_KEY: k1 } });
    const { token } = await signUp(before);
    const after = await startApi(t, { beside: before, env: { SECRET_KEY: k2 } });
    const made = await signUp(after);
    t.not(headerOf(made.token).kid, headerOf(token).kid);
    for (const api of [before, after]) {
      t.equal(await statusOf(api, token), 200);
      t.equal(await statusOf(api, made.token), 200);
    }
    t.equal(headerOf((await signUp(after)).token).kid, headerOf(made.token).kid, 'just one more');
  });

  await t.test('HS256: tokens of every key of the setting verify, the first signs', async (t) => {
    const hs256 = { ACCESS_TOKEN_ALGORITHM: 'HS256' };
    const before = await startApi(t, { env: { ...hs256, SECRET_KEY: k1 } });
    const { token } = await signUp(before);
    t.match(headerOf(token), { alg: 'HS256', kid: 'k1' });
    const after = await startApi(t, { beside: before, env: { SECRET_KEY: `${k2},${k1}` } });
    t.equal(await statusOf(after, token), 200);
    t.equal(headerOf((await signUp(after)).token).kid, 'k2');
    const without = await startApi(t, { beside: before, env: { SECRET_KEY: k2 } });
    t.equal(await statusOf(without, token), 401);
  });
});
