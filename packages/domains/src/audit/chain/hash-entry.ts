import type { SecretBox } from '@trellis/core/secret-box';
import { canonicalJson } from './canonical-json.ts';

/** An entry of the trail with its place in the chain of its tenant; all of it is signed. */
export interface ChainedEntry {
  /** A UUIDv7; its milliseconds are `createdAt`. */
  id: string;
  tenantId: string;
  /** 1, 2, 3 … */
  seq: number;
  actorType: 'user' | 'api_key' | 'system';
  actorId: string | null;
  action: string;
  resourceType: string;
  resourceId: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  ip: string | null;
  userAgent: string | null;
  requestId: string;
  /** ISO 8601, to the millisecond. */
  createdAt: string;
}

/** The end of a chain: the place and the hash of an entry; 0 and '' before the first. */
export interface Link {
  seq: number;
  hash: string;
}

/** In place of the hash of what was written before there was a chain: nothing vouches for it. */
export const unsigned = 'unsigned';

/**
 * The hash of an entry, made over it and the hash of the one before: an HMAC, so that nobody
 * without SECRET_KEY can make one, a superuser of the database neither.
 */
export function hashEntry(
  secrets: Pick<SecretBox, 'sign'>,
  previous: Link,
  entry: ChainedEntry,
): string {
  return secrets.sign('audit', messageOf(previous, entry));
}

/** Whether `entry` is what once got this hash, and followed on `previous`. */
export function isLinked(
  secrets: Pick<SecretBox, 'verify'>,
  previous: Link,
  entry: ChainedEntry,
  hash: string | null,
): boolean {
  if (hash === null || entry.seq !== previous.seq + 1) return false;
  return isExact(hash) && secrets.verify('audit', messageOf(previous, entry), hash);
}

/** Base64url has several texts for the same bytes, and only one that we write. */
function isExact(hash: string): boolean {
  const [id, mac = '', ...rest] = hash.split('.');
  return (
    rest.length === 0 && `${id}.${Buffer.from(mac, 'base64url').toString('base64url')}` === hash
  );
}

function messageOf(previous: Link, entry: ChainedEntry): string {
  return `${previous.hash}\n${canonicalJson(entry)}`;
}
