import { uploads } from '@trellis/db/schema/files';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, gt, inArray, lte, type SQL, sql } from 'drizzle-orm';

export type UploadRow = typeof uploads.$inferSelect;

/**
 * An upload that was not renewed for this long was left behind by a process that died. It can
 * never become a file any more, so that it can be cleared away while the process may yet wake up.
 */
export const staleAfterMinutes = 15;

const staleSince: SQL = sql`now() - make_interval(mins => ${staleAfterMinutes})`;
const isFresh: SQL = gt(uploads.activeAt, staleSince);
/** The time of an upload that was given up. */
const givenUp = sql`to_timestamp(0)`;

export async function insertUpload(
  tx: Tx,
  values: Pick<UploadRow, 'id' | 'tenantId' | 'storageKey' | 'reserved'>,
): Promise<void> {
  await tx.orm.insert(uploads).values(values);
}

/** Sets more bytes aside, or none, and renews the upload. False when it has been given up. */
export async function renewUpload(tx: Tx, id: string, moreBytes: number): Promise<boolean> {
  const rows = await tx.orm
    .update(uploads)
    .set({ reserved: sql`${uploads.reserved} + ${moreBytes}`, activeAt: sql`now()` })
    .where(and(eq(uploads.id, id), isFresh))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** Takes the upload away, to make a file of it. Undefined when it has been given up. */
export async function takeUpload(tx: Tx, id: string): Promise<UploadRow | undefined> {
  const [row] = await tx.orm
    .delete(uploads)
    .where(and(eq(uploads.id, id), isFresh))
    .returning();
  return row;
}

/**
 * From now on it can never become a file. Waits for a transaction that is about to make one of it,
 * whose commit may be under way although the connection was lost. False when it is gone already.
 */
export async function giveUpUpload(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.orm
    .update(uploads)
    .set({ activeAt: givenUp })
    .where(eq(uploads.id, id))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** Only one that was given up. Answers what was set aside for it. */
export async function deleteUpload(tx: Tx, id: string): Promise<UploadRow | undefined> {
  const [row] = await tx.orm
    .delete(uploads)
    .where(and(eq(uploads.id, id), lte(uploads.activeAt, givenUp)))
    .returning();
  return row;
}

/**
 * Gives up at most `limit` that are stale, of those with an id above `after`. Answers them, and
 * those that were given up before.
 */
export function giveUpStaleUploads(
  tx: Tx,
  limit: number,
  after: string | undefined,
): Promise<UploadRow[]> {
  const batch = tx.orm
    .select({ id: uploads.id })
    .from(uploads)
    .where(
      and(
        lte(uploads.activeAt, staleSince),
        after === undefined ? undefined : gt(uploads.id, after),
      ),
    )
    .orderBy(uploads.id)
    .limit(limit)
    .for('update', { skipLocked: true });
  return tx.orm
    .update(uploads)
    .set({ activeAt: givenUp })
    .where(inArray(uploads.id, batch))
    .returning();
}
