import type { Platform } from '../platform.ts';
import { createKeyRing } from './key-ring.ts';
import { createSecretKeys } from './secret-keys.ts';
import type { TokenKeys } from './token-keys.ts';

type Needs = Pick<Platform, 'db' | 'changes' | 'secrets' | 'clock' | 'log'>;

export function createTokenKeys(algorithm: 'ES256' | 'HS256', needs: Needs): TokenKeys {
  return algorithm === 'ES256' ? createKeyRing(needs) : createSecretKeys(needs.secrets);
}
