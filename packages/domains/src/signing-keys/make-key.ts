import { createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { newId } from '@trellis/core/ids';
import type { SecretBox } from '@trellis/core/secret-box';
import type { signingKeys } from '@trellis/db/schema/auth';
import type { SigningKey } from './repository.ts';
import type { PublishedKey } from './schemas.ts';

const generate = promisify(generateKeyPair);

/** A new key pair on P-256; the private half is sealed. */
export async function makeSigningKey(
  secrets: Pick<SecretBox, 'seal'>,
  activeAt: Date,
): Promise<typeof signingKeys.$inferInsert> {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' });
  return {
    id: newId(),
    algorithm: 'ES256',
    publicKey: publicKey.export({ format: 'jwk' }) as Record<string, string>,
    privateKey: secrets.seal(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    activeAt,
  };
}

/** The private half in PEM; undefined when `SECRET_KEY` no longer has what it was sealed with. */
export function openPrivateKey(
  secrets: Pick<SecretBox, 'open'>,
  { privateKey }: SigningKey,
): string | undefined {
  try {
    return secrets.open(privateKey);
  } catch {
    return undefined;
  }
}

export function publicPem({ publicKey }: SigningKey): string {
  const key = createPublicKey({ key: publicKey, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** As it stands in a JWK Set. */
export function presentKey({ id, publicKey }: SigningKey): PublishedKey {
  const { x = '', y = '' } = publicKey;
  return { kty: 'EC', crv: 'P-256', x, y, kid: id, use: 'sig', alg: 'ES256' };
}
