import type { SecretBox } from '@trellis/core/secret-box';
import type { TokenKeys } from './token-keys.ts';

/** HS256: each key of `SECRET_KEY` verifies, the newest signs, and nothing can be published. */
export function createSecretKeys(secrets: Pick<SecretBox, 'deriveAll'>): TokenKeys {
  const keys = secrets.deriveAll('access-token');
  const [[newestId, newest]] = [...keys] as [[string, Buffer]];
  return {
    signingKey: async () => ({ id: newestId, key: newest }),
    verificationKey: async (id) => {
      const key = keys.get(id);
      return key && { id, key };
    },
    isAccepted: (id) => keys.has(id),
    published: async () => [],
  };
}
