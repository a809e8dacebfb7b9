import { invitations } from '@trellis/db/schema/invitations';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, gt, type SQL, sql } from 'drizzle-orm';
import { invitationErrors } from './errors.ts';

/**
 * What can still be accepted. An expired invitation is gone for all purposes, also before the
 * clean-up finds it. The clock is that of Postgres, which all processes share, and of this moment:
 * the transaction may have waited for a lock.
 */
export const isPending: SQL = gt(invitations.expiresAt, sql`clock_timestamp()`);

export const isFor = (email: string): SQL =>
  eq(sql`lower(${invitations.email})`, sql`lower(${email.trim()})`);

/** For a part of a statement, which counts something else as well. */
export function countPending(tx: Tx, tenantId: string): SQL<number> {
  return tx.orm.$count(invitations, and(eq(invitations.tenantId, tenantId), isPending));
}

/** Throws `invitation_exists` (409). Safe after `lockAccess` only. */
export async function assertNotInvited(tx: Tx, tenantId: string, email: string): Promise<void> {
  const found = await tx.orm
    .select({ id: invitations.id })
    .from(invitations)
    .where(and(eq(invitations.tenantId, tenantId), isFor(email), isPending));
  if (found.length > 0) throw invitationErrors.invitation_exists();
}
