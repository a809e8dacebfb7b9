import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

const secretPrefix = 'whsec_';
const keyBytesMin = 24;
const keyBytesMax = 64;
const cachedKeysMax = 10_000;

export interface SignatureInput {
  /** The `webhook-id` header: the same over all retries, without a dot. */
  id: string;
  /** The `webhook-timestamp` header: Unix seconds of this attempt. */
  timestampSeconds: number;
  /** The exact bytes that are sent. */
  body: string | Uint8Array;
  /** `whsec_…` each; two while a rotation overlaps. */
  secrets: readonly string[];
}

const keys = new Map<string, KeyObject>();

function decodeKey(secret: string): KeyObject {
  const encoded = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < keyBytesMin || bytes.length > keyBytesMax) {
    throw new Error('a signing secret must be "whsec_" and base64 of 24 to 64 bytes');
  }
  return createSecretKey(bytes);
}

// A worker signs thousands of bodies a second with few secrets, so a decoded key is kept. The
// oldest leaves when the cache is full: a tenant that rotates forever must not fill the memory.
function keyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known) return known;
  const made = decodeKey(secret);
  if (keys.size >= cachedKeysMax) {
    for (const oldest of keys.keys()) {
      keys.delete(oldest);
      break;
    }
  }
  keys.set(secret, made);
  return made;
}

/** A new signing secret: `whsec_` and base64 of 32 random bytes (Standard Webhooks). */
export function createSecret(): string {
  return secretPrefix + randomBytes(32).toString('base64');
}

/** What later reads show of a secret: `whsec_…` and its last four characters, padding left out. */
export function secretHint(secret: string): string {
  return `${secretPrefix}…${secret.replace(/=+$/, '').slice(-4)}`;
}

/**
 * The `webhook-signature` header: `v1,<base64 HMAC-SHA256 of "id.timestamp.body">`, one for each
 * secret, separated by spaces (Standard Webhooks 1.0.0, "Signature scheme").
 * Throws when no secret is given, when one is malformed, or when the id holds a dot, which would
 * let two different messages have the same signed content.
 */
export function signatureHeader({ id, timestampSeconds, body, secrets }: SignatureInput): string {
  if (id.includes('.')) throw new Error('a webhook id must not hold a dot');
  if (secrets.length === 0) throw new Error('at least one signing secret is needed');
  const prefix = `${id}.${timestampSeconds}.`;
  let header = '';
  for (const secret of secrets) {
    const mac = createHmac('sha256', keyOf(secret)).update(prefix).update(body).digest('base64');
    header += header === '' ? `v1,${mac}` : ` v1,${mac}`;
  }
  return header;
}
