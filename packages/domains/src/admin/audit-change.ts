import { isDeepStrictEqual } from 'node:util';
import type { CallContext } from '@trellis/core/context';
import { newId } from '@trellis/core/ids';
import type { Tx } from '@trellis/db/tenant-db';
import { type AuditEntry, writeAudit } from '../audit/write-audit.ts';
import type { Platform } from '../platform.ts';

/** A change of something of one tenant, as it was and as it is. */
interface TenantChange extends Pick<AuditEntry, 'action'> {
  tenantId: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/**
 * Records what an administrator did to a tenant in the trail of the platform's own tenant, which
 * every administrator calls from. When something has changed it answers true, and records it in the
 * trail of the tenant concerned too: there the platform did it, and nothing tells of the person: the id
 * of the request is another, because the caller chooses that.
 */
export async function auditTenantChange(
  needs: Pick<Platform, 'secrets'>,
  tx: Tx,
  call: CallContext,
  { tenantId, ...change }: TenantChange,
): Promise<boolean> {
  const entry = { ...change, resourceType: 'tenant', resourceId: tenantId };
  await writeAudit(needs, tx, call, entry);
  if (isDeepStrictEqual(change.before, change.after)) return false;
  if (tenantId === call.tenantId) return true;
  const platform = { actor: { type: 'system', id: null }, ip: null, userAgent: null } as const;
  await writeAudit(needs, tx, { ...platform, tenantId, requestId: newId() }, entry);
  return true;
}
