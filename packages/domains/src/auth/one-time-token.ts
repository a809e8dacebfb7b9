import { newId } from '@trellis/core/ids';
import { hashToken, newToken } from '@trellis/core/token';
import { oneTimeTokens } from '@trellis/db/schema/auth';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, gt } from 'drizzle-orm';

type Kind = (typeof oneTimeTokens.$inferInsert)['kind'];

/** A token to mail to a person. An earlier one of the same kind stops working. */
export async function issueOneTimeToken(
  tx: Tx,
  { kind, userId, expiresAt }: { kind: Kind; userId: string; expiresAt: Date },
): Promise<string> {
  const token = newToken();
  await revokeOneTimeTokens(tx, kind, userId);
  await tx.orm
    .insert(oneTimeTokens)
    .values({ id: newId(), kind, userId, tokenHash: hashToken(token), expiresAt });
  return token;
}

/** Uses a token up, and answers whose it was; undefined for one that is unknown, used or expired. */
export async function takeOneTimeToken(
  tx: Tx,
  kind: Kind,
  token: string,
  now: Date,
): Promise<string | undefined> {
  const [taken] = await tx.orm
    .delete(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.kind, kind),
        eq(oneTimeTokens.tokenHash, hashToken(token)),
        gt(oneTimeTokens.expiresAt, now),
      ),
    )
    .returning({ userId: oneTimeTokens.userId });
  return taken?.userId;
}

export async function revokeOneTimeTokens(tx: Tx, kind: Kind, userId: string): Promise<void> {
  await tx.orm
    .delete(oneTimeTokens)
    .where(and(eq(oneTimeTokens.kind, kind), eq(oneTimeTokens.userId, userId)));
}
