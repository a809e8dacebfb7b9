import { randomBytes } from 'node:crypto';
import { newToken } from '@trellis/core/token';

/** 32 letters, so that a byte picks each equally often. */
const letters = 'abcdefghijklmnopqrstuvwxyz234567';
const mark = 'trl_';

/** The whole key; the README gives it to secret scanners. */
const pattern = /^trl_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/;

export interface NewApiKey {
  /** What is shown once. */
  key: string;
  /** The beginning of it, by which people tell their keys apart. */
  prefix: string;
}

/** `trl_<12 letters>_<256 random bits>`. */
export function newApiKey(): NewApiKey {
  const name = Array.from(randomBytes(12), (byte) => letters[byte % letters.length]).join('');
  const prefix = `${mark}${name}`;
  return { key: `${prefix}_${newToken()}`, prefix };
}

/** Whether a credential is meant to be an API key, rather than an access token. */
export function looksLikeApiKey(credential: string): boolean {
  return credential.startsWith(mark);
}

export function isApiKey(credential: string): boolean {
  return pattern.test(credential);
}
