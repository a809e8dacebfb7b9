import type { CallContext } from '@trellis/core/context';
import { type Page, type PageQuery, toPage } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import { webhookErrors } from '../errors.ts';
import { found, foundActive } from '../found.ts';
import { recoverWebhook } from '../jobs.ts';
import type { RecoverWebhookBody, RecoveryReply } from '../recovery-schemas.ts';
import { findWebhook, lockWebhook, probeNow } from '../repository.ts';
import { createDryRun, type DryRun } from './dry-run.ts';
import { presentRecovery } from './present-recovery.ts';
import { readSpan } from './read-span.ts';
import * as repository from './repository.ts';

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock'>;

export interface RecoveryService {
  /** What `start` would queue. */
  count: DryRun;
  /** Throws `webhook_inactive` and `recovery_running` (409). */
  start(call: CallContext, webhookId: string, body: RecoverWebhookBody): Promise<RecoveryReply>;
  list(call: CallContext, webhookId: string, page: PageQuery): Promise<Page<RecoveryReply>>;
  get(call: CallContext, webhookId: string, id: string): Promise<RecoveryReply>;
  /** Throws `recovery_ended` (409). Once it has answered nothing more is queued. */
  cancel(call: CallContext, webhookId: string, id: string): Promise<RecoveryReply>;
}

export function createRecoveryService(needs: Needs): RecoveryService {
  const { db, clock } = needs;
  return {
    count: createDryRun(needs),

    start: (call, webhookId, body) => start(needs, call, webhookId, body),

    list: (call, webhookId, page) =>
      db.withTenant(call.tenantId, async (tx) => {
        found(await findWebhook(tx, webhookId));
        const rows = await repository.listRecoveries(tx, webhookId, page);
        return toPage(rows, page.limit, presentRecovery);
      }),

    get: (call, webhookId, id) =>
      db.withTenant(call.tenantId, async (tx) =>
        presentRecovery(foundOf(webhookId, await repository.findRecovery(tx, id))),
      ),

    cancel: (call, webhookId, id) =>
      db.withTenant(call.tenantId, async (tx) => {
        const row = foundOf(webhookId, await repository.lockRecovery(tx, id));
        if (!repository.isOpen(row)) {
          throw webhookErrors.recovery_ended(`The recovery is ${row.status} already.`);
        }
        const change = { status: 'cancelled', finishedAt: clock.now() } as const;
        const after = presentRecovery(await repository.updateRecovery(tx, id, change));
        const before = presentRecovery(row);
        await audit(needs, tx, call, 'cancelled', { before, after });
        return after;
      }),
  };
}

/** The lock of the subscription lets in one recovery at a time. */
async function start(
  needs: Needs,
  call: CallContext,
  webhookId: string,
  body: RecoverWebhookBody,
): Promise<RecoveryReply> {
  const { db, jobs, clock } = needs;
  const { tenantId } = call;
  const span = readSpan(body, clock.now());
  return db.withTenant(tenantId, async (tx) => {
    foundActive(await lockWebhook(tx, webhookId));
    const open = await repository.findOpenRecovery(tx, webhookId);
    if (open) throw webhookErrors.recovery_running(`Recovery ${open.id} has not ended yet.`);
    const row = await repository.insertRecovery(tx, {
      ...span,
      tenantId,
      webhookId,
      kind: body.status,
      createdBy: call.actor.id,
    });
    await probeNow(tx, webhookId);
    await jobs.enqueue(tx, recoverWebhook, { tenantId, recoveryId: row.id });
    const after = presentRecovery(row);
    await audit(needs, tx, call, 'started', { after });
    return after;
  });
}

function audit(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  what: 'started' | 'cancelled',
  shown: { before?: RecoveryReply; after: RecoveryReply },
): Promise<void> {
  return writeAudit(needs, tx, call, {
    action: `webhook_recovery.${what}`,
    resourceType: 'webhook_recovery',
    resourceId: shown.after.id,
    ...shown,
  });
}

function foundOf(webhookId: string, row: repository.Recovery | undefined): repository.Recovery {
  return found(row?.webhookId === webhookId ? row : undefined);
}
