import { createHmac, createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import type { Api } from '@trellis/test/api';

export interface TokenHeader {
  alg: string;
  kid: string;
}

const part = (token: string, index: number): string => token.split('.')[index] ?? '';

/** The header of a token, its signature unchecked. */
export function headerOf(token: string): TokenHeader {
  return JSON.parse(Buffer.from(part(token, 0), 'base64url').toString());
}

export async function publishedKeys(
  api: Pick<Api, 'request'>,
): Promise<(JsonWebKey & { kid: string })[]> {
  return (await api.request('GET', '//.well-known/jwks.json')).body.keys;
}

/** What another service does: finds the key of the token in the set, and checks the signature. */
export function verifiesBy(keys: (JsonWebKey & { kid: string })[], token: string): boolean {
  const jwk = keys.find(({ kid }) => kid === headerOf(token).kid);
  if (!jwk) return false;
  return verify(
    'sha256',
    Buffer.from(`${part(token, 0)}.${part(token, 1)}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(part(token, 2), 'base64url'),
  );
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The claims of a token under another header, with the signature that `sign` makes of both. */
export function forge(
  token: string,
  header: object,
  sign: (input: string) => string = () => '',
): string {
  const input = `${encode(header)}.${part(token, 1)}`;
  return `${input}.${sign(input)}`;
}

export const hmac = (key: string) => (input: string) =>
  createHmac('sha256', key).update(input).digest('base64url');

/** The status of a call that needs an access token. */
export async function statusOf(api: Pick<Api, 'request'>, token: string): Promise<number> {
  return (await api.request('GET', '/auth/me', { token })).status;
}
