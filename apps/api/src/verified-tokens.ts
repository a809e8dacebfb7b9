import { hash } from 'node:crypto';
import type { AccessTokenClaims } from '@trellis/domains/auth/access-token';

export interface VerifiedToken {
  /** Of the key that it was verified with. */
  kid: string;
  claims: AccessTokenClaims;
  /** When it ends, in seconds of Unix time. */
  exp: number;
}

export interface VerifiedTokens {
  /** Throws what the verification throws. */
  get(token: string): Promise<VerifiedToken>;
  /** What is kept, without a promise; undefined when it has to be verified. */
  peek(token: string): VerifiedToken | undefined;
}

interface Kept {
  token: VerifiedToken;
  untilMs: number;
}

/**
 * Verifies a token once in a while instead of at each request. What is kept is found by the SHA-256
 * of the whole token, so nobody finds a token in memory, and none is taken for another. What was
 * refused is not kept: made-up tokens cannot push out real ones.
 *
 * @param verify throws for a token that does not stand
 */
export function keepVerifiedTokens(
  verify: (token: string) => Promise<VerifiedToken>,
  { keptMs, keptMax }: { keptMs: number; keptMax: number },
): VerifiedTokens {
  const kept = new Map<string, Kept>();
  const keyOf = (text: string) => hash('sha256', text, 'base64url');
  const find = (key: string): VerifiedToken | undefined => {
    const known = kept.get(key);
    return known && Date.now() < known.untilMs ? known.token : undefined;
  };
  return {
    peek: (text) => find(keyOf(text)),
    async get(text) {
      const key = keyOf(text);
      const known = find(key);
      if (known) return known;
      kept.delete(key);
      const verifiedMs = Date.now();
      const token = await verify(text);
      if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? '');
      kept.set(key, { token, untilMs: Math.min(verifiedMs + keptMs, token.exp * 1_000) });
      return token;
    },
  };
}
