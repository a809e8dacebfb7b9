import type { SecretBox } from '@trellis/core/secret-box';
import type { TenantDb } from '@trellis/db/tenant-db';
import type { Link } from './hash-entry.ts';
import { follows } from './judge-entry.ts';
import { readEntries } from './read-chain.ts';

interface Needs {
  db: Pick<TenantDb, 'queryTenant'>;
  secrets: Pick<SecretBox, 'verify'>;
}

const batchSize = 500;

/** Whether every entry from behind one link up to another is signed as what followed there. */
export async function isContinuous(
  { db, secrets }: Needs,
  tenantId: string,
  from: Link,
  to: Link,
): Promise<boolean> {
  let previous = from;
  while (previous.seq < to.seq) {
    const range = { tenantId, from: previous.seq + 1, to: to.seq, limit: batchSize };
    const batch = await readEntries(db, range);
    if (batch.length === 0) return false;
    for (const entry of batch) {
      if (!follows(secrets, previous, entry)) return false;
      previous = { seq: previous.seq + 1, hash: entry.hash ?? '' };
    }
  }
  return previous.seq === to.seq && previous.hash === to.hash;
}
