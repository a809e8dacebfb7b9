import { newId } from '@trellis/core/ids';
import { hashToken, newToken } from '@trellis/core/token';
import { oneTimeTokens } from '@trellis/db/schema/auth';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, gt, notInArray, type SQL } from 'drizzle-orm';

type Kind = (typeof oneTimeTokens.$inferInsert)['kind'];

/** Of one kind for one person. With a mail a minute, that is how many minutes a link has at least. */
const keptMax = 10;

/**
 * A token to mail to a person. Earlier ones go on working, because anybody may ask for a link on
 * behalf of somebody else; only the newest ten are kept.
 */
export async function issueOneTimeToken(
  tx: Tx,
  { kind, userId, expiresAt }: { kind: Kind; userId: string; expiresAt: Date },
): Promise<string> {
  const token = newToken();
  await tx.orm
    .insert(oneTimeTokens)
    .values({ id: newId(), kind, userId, tokenHash: hashToken(token), expiresAt });
  const newest = tx.orm
    .select({ id: oneTimeTokens.id })
    .from(oneTimeTokens)
    .where(isOf(kind, userId))
    .orderBy(desc(oneTimeTokens.createdAt), desc(oneTimeTokens.id))
    .limit(keptMax);
  await tx.orm
    .delete(oneTimeTokens)
    .where(and(isOf(kind, userId), notInArray(oneTimeTokens.id, newest)));
  return token;
}

/** Whose the token is, without using it up; undefined for one that is unknown, used or expired. */
export async function ownerOfOneTimeToken(
  tx: Tx,
  kind: Kind,
  token: string,
  now: Date,
): Promise<string | undefined> {
  const [row] = await tx.orm
    .select({ userId: oneTimeTokens.userId })
    .from(oneTimeTokens)
    .where(isUsable(kind, token, now));
  return row?.userId;
}

/**
 * Uses a token up, with all others of its kind and person, and answers whose it was; undefined for
 * one that is unknown, used or expired.
 */
export async function takeOneTimeToken(
  tx: Tx,
  kind: Kind,
  token: string,
  now: Date,
): Promise<string | undefined> {
  const [taken] = await tx.orm
    .delete(oneTimeTokens)
    .where(isUsable(kind, token, now))
    .returning({ userId: oneTimeTokens.userId });
  if (taken) await revokeOneTimeTokens(tx, kind, taken.userId);
  return taken?.userId;
}

export async function revokeOneTimeTokens(tx: Tx, kind: Kind, userId: string): Promise<void> {
  await tx.orm.delete(oneTimeTokens).where(isOf(kind, userId));
}

function isOf(kind: Kind, userId: string): SQL | undefined {
  return and(eq(oneTimeTokens.kind, kind), eq(oneTimeTokens.userId, userId));
}

function isUsable(kind: Kind, token: string, now: Date): SQL | undefined {
  return and(
    eq(oneTimeTokens.kind, kind),
    eq(oneTimeTokens.tokenHash, hashToken(token)),
    gt(oneTimeTokens.expiresAt, now),
  );
}
