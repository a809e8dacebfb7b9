import { Secret, TOTP } from 'otpauth';

/** What every authenticator app assumes, also where it ignores what the URI says. */
const form = { algorithm: 'SHA1', digits: 6, period: 30 };
/** Steps of 30 s that a code may be early or late (RFC 6238, 5.2). */
const window = 1;

/** A shared secret of 160 bits (RFC 4226, 4), in base32. */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** What an app reads from a QR code (the Key Uri Format of Google Authenticator). */
export function totpUri(secret: string, { issuer, label }: { issuer: string; label: string }) {
  return new TOTP({ ...form, issuer, label, secret }).toString();
}

/** The time step that a code belongs to (RFC 6238, 4.2); undefined for one that is wrong now. */
export function totpStep(secret: string, code: string, now: Date): number | undefined {
  // The library throws for digits that are none of ASCII.
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const timestamp = now.getTime();
  const key = Secret.fromBase32(secret);
  const delta = TOTP.validate({ ...form, token: code, secret: key, timestamp, window });
  if (delta === null) return undefined;
  return TOTP.counter({ period: form.period, timestamp }) + delta;
}
