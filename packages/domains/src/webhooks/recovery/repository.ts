import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { webhookRecoveries, webhooks } from '@trellis/db/schema/webhooks';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, inArray, lt } from 'drizzle-orm';
import type { Webhook } from '../repository.ts';

export type Recovery = typeof webhookRecoveries.$inferSelect;

/** The states in which it may still queue something. */
const openStates: Recovery['status'][] = ['pending', 'running'];

export const isOpen = ({ status }: Pick<Recovery, 'status'>): boolean =>
  openStates.includes(status);

export async function insertRecovery(
  tx: Tx,
  values: typeof webhookRecoveries.$inferInsert,
): Promise<Recovery> {
  const [row] = await tx.orm.insert(webhookRecoveries).values(values).returning();
  return row as Recovery;
}

/** One more than the page, the newest first. */
export function listRecoveries(tx: Tx, webhookId: string, page: PageQuery): Promise<Recovery[]> {
  return tx.orm
    .select()
    .from(webhookRecoveries)
    .where(
      and(
        eq(webhookRecoveries.webhookId, webhookId),
        page.cursor ? lt(webhookRecoveries.id, decodeCursor(page.cursor)) : undefined,
      ),
    )
    .orderBy(desc(webhookRecoveries.id))
    .limit(page.limit + 1);
}

export async function findRecovery(tx: Tx, id: string): Promise<Recovery | undefined> {
  const [row] = await tx.orm.select().from(webhookRecoveries).where(eq(webhookRecoveries.id, id));
  return row;
}

export async function findOpenRecovery(tx: Tx, webhookId: string): Promise<Recovery | undefined> {
  const [row] = await tx.orm
    .select()
    .from(webhookRecoveries)
    .where(
      and(
        eq(webhookRecoveries.webhookId, webhookId),
        inArray(webhookRecoveries.status, openStates),
      ),
    )
    .limit(1);
  return row;
}

/** Whoever changes a recovery, or queues for it, holds this lock. */
export async function lockRecovery(tx: Tx, id: string): Promise<Recovery | undefined> {
  const [row] = await tx.orm
    .select()
    .from(webhookRecoveries)
    .where(eq(webhookRecoveries.id, id))
    .for('update');
  return row;
}

/**
 * The subscription of a recovery, which stays until the transaction ends: one that is being deleted
 * is waited for, and then it is not there, and neither is the recovery.
 */
export async function holdWebhook(tx: Tx, recoveryId: string): Promise<Webhook | undefined> {
  const [row] = await tx.orm
    .select()
    .from(webhooks)
    .where(
      inArray(
        webhooks.id,
        tx.orm
          .select({ id: webhookRecoveries.webhookId })
          .from(webhookRecoveries)
          .where(eq(webhookRecoveries.id, recoveryId)),
      ),
    )
    .for('key share');
  return row;
}

export async function updateRecovery(
  tx: Tx,
  id: string,
  change: Partial<typeof webhookRecoveries.$inferInsert>,
): Promise<Recovery> {
  const [row] = await tx.orm
    .update(webhookRecoveries)
    .set(change)
    .where(eq(webhookRecoveries.id, id))
    .returning();
  return row as Recovery;
}
