import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { newId } from '@trellis/core/ids';
import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { forge, headerOf, hmac, publishedKeys, statusOf } from './tokens.ts';

t.test('401: a token that only looks like one of ours', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const header = headerOf(token);
  const [jwk] = await publishedKeys(api);
  if (!jwk) throw new Error('no key is published');
  const { kid, kty, crv, x, y } = jwk;
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bySomebodyElse = (input: string) =>
    sign('sha256', Buffer.from(input), {
      key: stranger.privateKey,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url');
  const strangerJwk = stranger.publicKey.export({ format: 'jwk' });

  const cases: Record<string, string> = {
    'HS256 with the public key in PEM as the secret': forge(
      token,
      { alg: 'HS256', typ: 'JWT', kid },
      hmac(pem),
    ),
    'HS256 with the JWK as the secret': forge(
      token,
      { alg: 'HS256', typ: 'JWT', kid },
      hmac(JSON.stringify({ kty, crv, x, y })),
    ),
    'alg none': forge(token, { alg: 'none', typ: 'JWT', kid }),
    'our header without a signature': forge(token, header),
    'the signature of another key': forge(token, header, bySomebodyElse),
    'a key that the token brings along': forge(
      token,
      { alg: 'ES256', typ: 'JWT', jwk: strangerJwk },
      bySomebodyElse,
    ),
    'a key id that is unknown': forge(
      token,
      { ...header, kid: newId() },
      () => token.split('.')[2] ?? '',
    ),
    'a key id that is none': forge(
      token,
      { ...header, kid: '../../etc/passwd' },
      () => token.split('.')[2] ?? '',
    ),
    'no key id': forge(token, { alg: 'ES256', typ: 'JWT' }, () => token.split('.')[2] ?? ''),
    'an extension that has to be understood': forge(
      token,
      { ...header, crit: ['b64'], b64: false },
      () => token.split('.')[2] ?? '',
    ),
  };
  t.equal(await statusOf(api, token), 200, 'the one that they are made from is good');
  for (const [name, forged] of Object.entries(cases)) {
    const { status, body } = await api.request('GET', '/auth/me', { token: forged });
    t.equal(status, 401, name);
    t.equal(body.code, 'unauthenticated', name);
  }
  t.equal(await statusOf(api, token), 200, 'and stays so');
});

t.test('401: a token of HS256 where ES256 is set, and the other way round', async (t) => {
  const es256 = await startApi(t);
  const hs256 = await startApi(t, { beside: es256, env: { ACCESS_TOKEN_ALGORITHM: 'HS256' } });
  const [one, other] = await Promise.all([signUp(es256, 'One'), signUp(hs256, 'Other')]);
  t.equal(headerOf(one.token).alg, 'ES256');
  t.equal(headerOf(other.token).alg, 'HS256');
  t.equal(await statusOf(es256, one.token), 200);
  t.equal(await statusOf(hs256, other.token), 200);
  t.equal(await statusOf(es256, other.token), 401);
  t.equal(await statusOf(hs256, one.token), 401);
});
