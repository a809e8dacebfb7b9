import type { CallContext } from '@trellis/core/context';
import { auditLogs } from '@trellis/db/schema/audit';
import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';

export type AuditedCall = Omit<CallContext, 'permissions' | 'sessionId'>;

export interface AuditEntry {
  /** The `audit` of the route, `<resource>.<past participle>`. */
  action: string;
  resourceType: string;
  resourceId: string | null;
  /** As the API shows the resource: it holds no secrets there. */
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/** Records a change in the transaction that makes it: one is not there without the other. */
export async function writeAudit(
  _needs: Pick<Platform, 'secrets'>,
  tx: Tx,
  call: AuditedCall,
  entry: AuditEntry,
): Promise<void> {
  await tx.orm.insert(auditLogs).values({
    tenantId: call.tenantId,
    actorType: call.actor.type,
    actorId: call.actor.id,
    ip: call.ip,
    userAgent: call.userAgent?.slice(0, 512) ?? null,
    requestId: call.requestId,
    ...entry,
  });
}
