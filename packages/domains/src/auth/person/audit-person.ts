import type { Tx } from '@trellis/db/tenant-db';
import { type AuditEntry, writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import type { Origin } from '../origin.ts';
import { listTenantsOf } from '../repository.ts';

/**
 * Records what people did to their own account in each tenant that they are in. Needs a system
 * transaction.
 */
export async function auditPerson(
  needs: Pick<Platform, 'secrets'>,
  tx: Tx,
  userId: string,
  { requestId, ip, userAgent }: Origin,
  entry: Pick<AuditEntry, 'action' | 'after'>,
): Promise<void> {
  const tenants = await listTenantsOf(tx, userId);
  const actor = { type: 'user' as const, id: userId };
  // In the same order for everybody, so that two such transactions never wait for each other.
  for (const tenantId of tenants.map(({ id }) => id).sort()) {
    const call = { tenantId, actor, requestId, ip, userAgent };
    await writeAudit(needs, tx, call, { ...entry, resourceType: 'user', resourceId: userId });
  }
}
