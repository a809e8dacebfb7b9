import { apiKeys } from '@trellis/db/schema/auth';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';

export interface KeyPermissions {
  tenantStatus: 'active' | 'suspended';
  permissions: ReadonlySet<string>;
}

/**
 * What a key of the tenant may do at this moment, as the transaction may have waited for a lock;
 * undefined for one that was deleted or has expired.
 */
export async function permissionsOfKey(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<KeyPermissions | undefined> {
  const [key] = await tx.orm
    .select({ tenantStatus: tenants.status, permissions: apiKeys.permissions })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .where(
      and(
        eq(apiKeys.tenantId, tenantId),
        eq(apiKeys.id, id),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`clock_timestamp()`)),
      ),
    );
  return key && { ...key, permissions: new Set(key.permissions) };
}
