import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';
import { makeSigningKey, openPrivateKey } from './make-key.ts';
import {
  deleteRetired,
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  readClock,
  retireOthers,
  type SigningKey,
} from './repository.ts';
import type { TokenKey } from './token-keys.ts';

/** Announced when keys are made, retired or removed; there is no key to name. */
export const signingKeysChanged = 'signing-keys.changed';

/** How long the published keys may be kept by whoever reads them. */
export const publishedForSeconds = 300;

/** A key is published this long before it signs: twice what readers may keep the list before it. */
const publishedAheadMs = 2 * publishedForSeconds * 1_000;

/**
 * A key that was replaced verifies for this much longer: the longest life that a setting can give
 * an access token, and an hour for clocks that differ and processes that learn late.
 */
const acceptedAfterMs = (86_400 + 3_600) * 1_000;

type Needs = Pick<Platform, 'changes' | 'secrets'>;

/** What signs at `now`: the newest that is active and can be opened. The keys are in that order. */
export function findSigner(
  { secrets }: Pick<Platform, 'secrets'>,
  keys: Iterable<SigningKey>,
  now: Date,
): TokenKey | undefined {
  for (const key of keys) {
    if (key.activeAt > now || !isAcceptedAt(key, now)) continue;
    const opened = openPrivateKey(secrets, key);
    if (opened !== undefined) return { id: key.id, key: opened };
  }
  return undefined;
}

export function isAcceptedAt({ retiredAt }: SigningKey, now: Date): boolean {
  return retiredAt === null || retiredAt > now;
}

/**
 * What signs now; made, and active at once, when there is none. By the clock of Postgres, as a
 * process whose own is slow would take a new key for one of later, and make another. Needs a system
 * transaction.
 */
export async function ensureSigner(tx: Tx, needs: Needs): Promise<TokenKey> {
  await lockSigningKeys(tx);
  const now = await readClock(tx);
  const found = findSigner(needs, await listSigningKeys(tx, now), now);
  if (found) return found;
  const made = await insertSigningKey(tx, await makeSigningKey(needs.secrets, now));
  await needs.changes.announce(tx, signingKeysChanged, '');
  return findSigner(needs, [made], now) as TokenKey;
}

export interface Rotation {
  /** The key that will sign from now on, when it was time for one. */
  next: string | undefined;
  removed: number;
}

/**
 * Makes the next key when the newest has signed for `days`, less the time that the next is
 * published ahead, and removes those that have retired. Where there is no key nothing is done: the
 * API makes its first itself, and one on HS256 needs none.
 */
export async function rotateKeys(tx: Tx, needs: Needs, days: number): Promise<Rotation> {
  await lockSigningKeys(tx);
  const nowMs = (await readClock(tx)).getTime();
  const removed = await deleteRetired(tx, new Date(nowMs));
  const [newest] = await listSigningKeys(tx, new Date(nowMs));
  const isDue = newest && newest.activeAt.getTime() + days * 86_400_000 - publishedAheadMs <= nowMs;
  const next = isDue ? await replaceKeys(tx, needs, nowMs + publishedAheadMs) : undefined;
  if (next || removed > 0) await needs.changes.announce(tx, signingKeysChanged, '');
  return { next, removed };
}

async function replaceKeys(tx: Tx, { secrets }: Needs, activeAtMs: number): Promise<string> {
  const { id } = await insertSigningKey(tx, await makeSigningKey(secrets, new Date(activeAtMs)));
  await retireOthers(tx, id, new Date(activeAtMs + acceptedAfterMs));
  return id;
}
