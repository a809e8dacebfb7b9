import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';

/**
 * What is counted apart from what: the passwords that are tried for an e-mail, the codes that are
 * tried for a person, and all tries and requests of one network address. Hashed, so that nothing
 * is kept of addresses; each with a prefix of its own, so that no text which somebody types is the
 * key of something else.
 */
export type ThrottleKey = `${'password' | 'code' | 'address' | 'request' | 'mail'}:${string}`;

/** An account counts whether it exists or not, so that the throttle does not tell which do. */
export function passwordKey(email: string): ThrottleKey {
  return `password:${digest(normal(email))}`;
}

/** Of the second factor: a right password forgets no wrong codes, nor does a new one. */
export function codeKey(userId: string): ThrottleKey {
  return `code:${digest(userId)}`;
}

/** An IPv6 address counts as its /64: that is the least that one customer has (RFC 6177, 2). */
export function addressKey(ip: string): ThrottleKey {
  return `address:${digest(networkOf(ip))}`;
}

/** The same for what anybody may ask for, where nothing is guessed. */
export function requestKey(ip: string): ThrottleKey {
  return `request:${digest(networkOf(ip))}`;
}

/** Of mails of one kind to one recipient: an e-mail as it was typed, or the id of a person. */
export function mailKey(kind: string, recipient: string): ThrottleKey {
  return `mail:${digest(`${kind}/${normal(recipient)}`)}`;
}

function normal(email: string): string {
  return email.trim().toLowerCase();
}

function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (!('parts' in address)) return address.toString();
  return address.parts.slice(0, 4).join(':');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
