import { hash, randomBytes } from 'node:crypto';

/** A secret that is given out once: 256 random bits in base64url, 43 characters. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * What is kept of a token: its SHA-256, in base64url. A plain hash is enough, because nobody can
 * try all tokens; it also lets a row be found by the token.
 */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}
