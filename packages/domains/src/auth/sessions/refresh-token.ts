import { isId } from '@trellis/core/ids';
import type { SecretBox } from '@trellis/core/secret-box';

interface TokenSubject {
  sessionId: string;
  /** How often the session has been refreshed. */
  generation: number;
}

/**
 * A refresh token is computed, not stored: `session.generation.mac`, where the MAC also covers a
 * seed that only the session's row holds. So the token that is current can be given out again,
 * and neither the database nor the secret key alone is enough to make one.
 */
export function makeRefreshToken(
  secrets: Pick<SecretBox, 'sign'>,
  subject: TokenSubject,
  seed: string,
): string {
  const mac = secrets.sign('refresh-token', messageOf(subject, seed));
  return `${subject.sessionId}.${subject.generation}.${mac}`;
}

/** Which token this claims to be; undefined for a text that is none. */
export function parseRefreshToken(token: string): (TokenSubject & { mac: string }) | undefined {
  const [sessionId = '', generation = '', ...mac] = token.split('.');
  if (!isId(sessionId) || !/^\d{1,9}$/.test(generation)) return undefined;
  return { sessionId, generation: Number(generation), mac: mac.join('.') };
}

export function isGenuine(
  secrets: Pick<SecretBox, 'verify'>,
  token: TokenSubject & { mac: string },
  seed: string,
): boolean {
  return secrets.verify('refresh-token', messageOf(token, seed), token.mac);
}

function messageOf({ sessionId, generation }: TokenSubject, seed: string): string {
  return `${sessionId}.${generation}.${seed}`;
}
