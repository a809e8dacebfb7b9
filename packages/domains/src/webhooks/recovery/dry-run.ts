import type { CallContext } from '@trellis/core/context';
import type { Platform } from '../../platform.ts';
import { webhookErrors } from '../errors.ts';
import { found } from '../found.ts';
import type { RecoverWebhookBody, RecoveryCountReply } from '../recovery-schemas.ts';
import { findWebhook } from '../repository.ts';
import { countPage, countRowsMax, notCounted } from './count-rows.ts';
import { readSpan } from './read-span.ts';

export interface DryRunLimits {
  /** Rows that one statement looks at. */
  rowsMax: number;
  /** Rows that a count looks at: behind them it stops, and says so. */
  seenMax: number;
}

const usualLimits: DryRunLimits = { rowsMax: countRowsMax, seenMax: 1_000_000 };

export type DryRun = (
  call: CallContext,
  webhookId: string,
  body: RecoverWebhookBody,
  signal: AbortSignal,
) => Promise<RecoveryCountReply>;

/**
 * Counts what a recovery would queue. A count reads much, so a process makes one of a tenant at a
 * time, and ends it when the caller is gone. Throws `count_running` (409), and what the signal was
 * aborted with.
 */
export function createDryRun(
  { db, clock }: Pick<Platform, 'db' | 'clock'>,
  limits = usualLimits,
): DryRun {
  const counting = new Set<string>();
  return async ({ tenantId }, webhookId, body, signal) => {
    const span = readSpan(body, clock.now());
    const webhook = found(await db.withTenant(tenantId, (tx) => findWebhook(tx, webhookId)));
    if (counting.has(tenantId)) throw webhookErrors.count_running();
    counting.add(tenantId);
    try {
      const search = { ...span, kind: body.status, webhook };
      let counted = notCounted;
      while (!counted.isEnd && counted.seen < limits.seenMax) {
        signal.throwIfAborted();
        counted = await countPage(db, search, counted, limits.rowsMax);
      }
      return { count: counted.count, isCapped: !counted.isEnd };
    } finally {
      counting.delete(tenantId);
    }
  };
}
