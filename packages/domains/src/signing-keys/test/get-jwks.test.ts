import { startApi } from '@trellis/test/api';
import { documentedRoutes } from '@trellis/test/openapi';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { headerOf, publishedKeys, verifiesBy } from './tokens.ts';

t.test('GET /.well-known/jwks.json', async (t) => {
  const api = await startApi(t);
  const get = () => api.request('GET', '//.well-known/jwks.json');

  await t.test('200: what another service verifies access tokens with, for all', async (t) => {
    const { status, headers, body } = await get();
    t.equal(status, 200);
    t.equal(headers.get('cache-control'), 'public, max-age=300');
    t.match(body, { keys: [{ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' }] });
    t.equal(body.keys.length, 1, 'the first key is made when it is first asked for');
    const { token } = await signUp(api);
    t.match(headerOf(token), { alg: 'ES256', kid: body.keys[0].kid });
    t.ok(verifiesBy(body.keys, token));
    t.notOk(verifiesBy(body.keys, `${token.slice(0, -8)}AAAAAAAA`), 'and nothing else');
  });

  await t.test('200: nothing of the private half', async (t) => {
    const { body } = await get();
    const names = ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'];
    t.same(Object.keys(body.keys[0]).sort(), names);
  });

  await t.test('is at the root of the host, and in the OpenAPI document', async (t) => {
    t.equal((await api.request('GET', '/.well-known/jwks.json')).status, 404);
    const keys = (await documentedRoutes(api)).map(({ key }) => key);
    t.ok(keys.includes('GET /.well-known/jwks.json'));
  });

  await t.test('200: no key, when tokens are signed with HS256', async (t) => {
    const other = await startApi(t, { env: { ACCESS_TOKEN_ALGORITHM: 'HS256' } });
    t.equal(headerOf((await signUp(other)).token).alg, 'HS256');
    t.same(await publishedKeys(other), []);
  });
});
