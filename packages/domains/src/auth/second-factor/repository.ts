import { secondFactors } from '@trellis/db/schema/auth';
import type { Tx } from '@trellis/db/tenant-db';
import { and, arrayContains, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm';

export type SecondFactor = typeof secondFactors.$inferSelect;

// A condition and what makes it false are always one statement: of two that run at once the second
// waits for the row, and then finds the condition false.

export async function findSecondFactor(tx: Tx, userId: string): Promise<SecondFactor | undefined> {
  const [factor] = await tx.orm
    .select()
    .from(secondFactors)
    .where(eq(secondFactors.userId, userId));
  return factor;
}

/** Keeps a secret that is not enabled yet, in place of an earlier one; false when one is enabled. */
export async function prepareSecondFactor(
  tx: Tx,
  userId: string,
  secret: string,
): Promise<boolean> {
  const rows = await tx.orm
    .insert(secondFactors)
    .values({ userId, secret })
    .onConflictDoUpdate({
      target: secondFactors.userId,
      set: { secret, createdAt: sql`now()` },
      setWhere: isNull(secondFactors.enabledAt),
    })
    .returning({ userId: secondFactors.userId });
  return rows.length > 0;
}

/** False when it was enabled, or prepared anew, since it was read. */
export async function enableSecondFactor(
  tx: Tx,
  { userId, secret }: Pick<SecondFactor, 'userId' | 'secret'>,
  change: { enabledAt: Date; lastStep: number; recoveryCodeHashes: string[] },
): Promise<boolean> {
  const rows = await tx.orm
    .update(secondFactors)
    .set(change)
    .where(
      and(
        eq(secondFactors.userId, userId),
        eq(secondFactors.secret, secret),
        isNull(secondFactors.enabledAt),
      ),
    )
    .returning({ userId: secondFactors.userId });
  return rows.length > 0;
}

/** Uses up the code of a time step, and all before it; false when that was done before. */
export async function takeStep(tx: Tx, userId: string, step: number): Promise<boolean> {
  const rows = await tx.orm
    .update(secondFactors)
    .set({ lastStep: step })
    .where(and(isEnabledFor(userId), lt(secondFactors.lastStep, step)))
    .returning({ userId: secondFactors.userId });
  return rows.length > 0;
}

/** Uses up a recovery code; false when there is no such code, or no more. */
export async function takeRecoveryCode(tx: Tx, userId: string, hash: string): Promise<boolean> {
  const hashes = secondFactors.recoveryCodeHashes;
  const rows = await tx.orm
    .update(secondFactors)
    .set({ recoveryCodeHashes: sql`array_remove(${hashes}, ${hash})` })
    .where(and(isEnabledFor(userId), arrayContains(hashes, [hash])))
    .returning({ userId: secondFactors.userId });
  return rows.length > 0;
}

export async function replaceRecoveryCodes(
  tx: Tx,
  userId: string,
  recoveryCodeHashes: string[],
): Promise<void> {
  await tx.orm.update(secondFactors).set({ recoveryCodeHashes }).where(isEnabledFor(userId));
}

/** Also one that is only set up; whether it was enabled. */
export async function removeSecondFactor(tx: Tx, userId: string): Promise<boolean> {
  const [removed] = await tx.orm
    .delete(secondFactors)
    .where(eq(secondFactors.userId, userId))
    .returning({ enabledAt: secondFactors.enabledAt });
  return Boolean(removed?.enabledAt);
}

function isEnabledFor(userId: string) {
  return and(eq(secondFactors.userId, userId), isNotNull(secondFactors.enabledAt));
}
