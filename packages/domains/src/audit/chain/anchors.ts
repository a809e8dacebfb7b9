import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { SecretBox } from '@trellis/core/secret-box';
import type { ObjectStore } from '@trellis/storage/object-store';
import { canonicalJson } from './canonical-json.ts';
import type { Link } from './hash-entry.ts';

/** The head of a chain as it was at that time, kept where a superuser of the database is nobody. */
export interface Anchor extends Link {
  tenantId: string;
  /** ISO 8601. */
  anchoredAt: string;
}

/** Where the store has an anchor; the key says whose it is and of which entry. */
export interface AnchorKey {
  key: string;
  tenantId: string;
  seq: number;
}

type Needs = { storage: ObjectStore; secrets: Pick<SecretBox, 'sign' | 'verify'> };

const prefix = 'audit-anchors/';
const purpose = 'audit-anchor';
/** Keys sort as their numbers do. */
const digits = 16;
/** Of an object that anybody may have put there. */
const sizeMax = 4_096;

export class AnchorError extends Error {
  constructor(key: string, cause?: unknown) {
    super(`The anchor "${key}" is not one that was written there.`, { cause });
    this.name = 'AnchorError';
  }
}

/** All anchors, or those of one tenant: in the order of tenants, and of each the oldest first. */
export async function* listAnchors(
  { storage }: Pick<Needs, 'storage'>,
  tenantId?: string,
): AsyncGenerator<AnchorKey> {
  const pattern = /^audit-anchors\/([0-9a-f-]{36})\/(\d{16})$/;
  const wanted = tenantId === undefined ? prefix : `${prefix}${tenantId}/`;
  for await (const { key } of storage.list(wanted)) {
    const [, owner, seq] = pattern.exec(key) ?? [];
    if (owner && seq) yield { key, tenantId: owner, seq: Number(seq) };
  }
}

/** Throws AnchorError for one that was altered. Undefined when it is gone. */
export async function readAnchor(
  { storage, secrets }: Needs,
  { key, tenantId, seq }: AnchorKey,
): Promise<Anchor | undefined> {
  const body = await storage.get(key, { start: 0, end: sizeMax - 1 });
  if (!body) return undefined;
  const { mac, ...anchor } = parse(key, await text(body));
  const isOurs = anchor.tenantId === tenantId && anchor.seq === seq;
  if (!isOurs || !secrets.verify(purpose, canonicalJson(anchor), String(mac))) {
    throw new AnchorError(key);
  }
  return anchor;
}

/** The newest anchor of a tenant. Throws AnchorError for one that was altered. */
export async function findAnchor(needs: Needs, tenantId: string): Promise<Anchor | undefined> {
  // Between the list and the reading a newer one may have taken its place.
  for (let triesLeft = 3; triesLeft > 0; triesLeft--) {
    let newest: AnchorKey | undefined;
    for await (const key of listAnchors(needs, tenantId)) newest = key;
    const anchor = newest && (await readAnchor(needs, newest));
    if (anchor || !newest) return anchor;
  }
  return undefined;
}

/** Writes an anchor, and removes those that it takes the place of. */
export async function writeAnchor(
  { storage, secrets }: Needs,
  anchor: Anchor,
  older: readonly AnchorKey[],
): Promise<void> {
  const mac = secrets.sign(purpose, canonicalJson(anchor));
  const key = `${prefix}${anchor.tenantId}/${String(anchor.seq).padStart(digits, '0')}`;
  await storage.put(key, Readable.from([Buffer.from(JSON.stringify({ ...anchor, mac }))]));
  for (const { key: old } of older) await storage.remove(old);
}

function parse(key: string, body: string): Anchor & { mac: unknown } {
  try {
    return { ...JSON.parse(body) };
  } catch (cause) {
    throw new AnchorError(key, cause);
  }
}
