import type { TenantDb } from '@trellis/db/tenant-db';
import { type KeyGrant, loadKeyGrants } from './repository.ts';

interface Waiting {
  hash: string;
  resolve: (grant: KeyGrant | undefined) => void;
  reject: (error: unknown) => void;
}

/** Keys in one statement. */
const batchMax = 500;

/**
 * Looks keys up one statement at a time, each for all that came meanwhile. So made-up keys, which
 * no memory can know, keep one connection busy at most, however many of them are sent.
 */
export function createLookUp(
  db: Pick<TenantDb, 'querySystem'>,
): (hash: string) => Promise<KeyGrant | undefined> {
  const queue: Waiting[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    isRunning = true;
    while (queue.length > 0) {
      const batch = queue.splice(0, batchMax);
      try {
        const grants = await loadKeyGrants(
          db,
          batch.map(({ hash }) => hash),
        );
        for (const { hash, resolve } of batch) resolve(grants.get(hash));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isRunning = false;
  };
  return (hash) =>
    new Promise((resolve, reject) => {
      queue.push({ hash, resolve, reject });
      // Never rejects: each failure goes to those who wait for it.
      if (!isRunning) void run();
    });
}
