import type { CallContext } from '@trellis/core/context';
import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';
import { appendEntries, type NewEntry } from './chain/append-entries.ts';
import { snapshotOf } from './snapshot.ts';

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

const userAgentLengthMax = 512;

/** What a transaction has to write when it ends. */
const pending = new WeakMap<Tx, NewEntry[]>();

/**
 * Records a change in the transaction that makes it: one is not there without the other. The entry
 * is written as the last of the transaction, because it makes others of the tenant wait.
 */
export async function writeAudit(
  needs: Pick<Platform, 'secrets'>,
  tx: Tx,
  call: AuditedCall,
  entry: AuditEntry,
): Promise<void> {
  const made = entryOf(call, entry);
  const waiting = pending.get(tx);
  if (waiting) {
    waiting.push(made);
    return;
  }
  const entries = [made];
  pending.set(tx, entries);
  tx.beforeCommit(async () => {
    pending.delete(tx);
    await appendEntries(needs, tx, entries);
  });
}

function entryOf(call: AuditedCall, { before, after, ...entry }: AuditEntry): NewEntry {
  return {
    tenantId: call.tenantId,
    actorType: call.actor.type,
    actorId: call.actor.id,
    action: entry.action,
    resourceType: entry.resourceType,
    resourceId: entry.resourceId?.toWellFormed() ?? null,
    before: before ? snapshotOf(before) : null,
    after: after ? snapshotOf(after) : null,
    ip: call.ip,
    userAgent: call.userAgent?.slice(0, userAgentLengthMax).toWellFormed() ?? null,
    requestId: call.requestId,
  };
}
