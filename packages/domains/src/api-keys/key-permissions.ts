import { apiKeys } from '@trellis/db/schema/auth';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';

/**
 * What a key of the tenant may do at this moment, as the transaction may have waited for a lock;
 * undefined for one that was deleted or has expired.
 */
export async function permissionsOfKey(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<ReadonlySet<string> | undefined> {
  const [key] = await tx.orm
    .select({ permissions: apiKeys.permissions })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.tenantId, tenantId),
        eq(apiKeys.id, id),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`clock_timestamp()`)),
      ),
    );
  return key && new Set(key.permissions);
}
