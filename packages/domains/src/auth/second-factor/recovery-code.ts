import { hashToken } from '@trellis/core/token';
import { Secret } from 'otpauth';

const count = 10;

/**
 * Ten codes of 80 random bits in base32, `ABCD-EFGH-IJKL-MNOP`: few enough to print, and long
 * enough to be kept as a plain hash.
 */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: count }, () => {
    const { base32 } = new Secret({ size: 10 });
    return base32.match(/.{4}/g)?.join('-') ?? base32;
  });
}

/** The same for a code that was typed in small letters or grouped in another way. */
export function hashRecoveryCode(code: string): string {
  return hashToken(code.replace(/[\s-]/g, '').toUpperCase());
}
