import { memberships } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, isNull } from 'drizzle-orm';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { userCreated, userUpdated } from './events.ts';
import { presentMember } from './present-member.ts';
import { findMember } from './repository.ts';

export interface Joined {
  userId: string;
  /** Whether the person's own name was changed with it. */
  isRenamed: boolean;
}

/**
 * Tells the subscribers of a tenant who has joined it, and those of the other tenants that show the
 * person's own name that it is another. Needs a system transaction.
 */
export async function emitJoined(
  needs: Pick<Platform, 'jobs'>,
  tx: Tx,
  tenantId: string,
  { userId, isRenamed }: Joined,
): Promise<void> {
  const others = isRenamed ? await tenantsShowingOwnName(tx, userId) : [];
  // In the same order for everybody, so that two such transactions never wait for each other.
  for (const id of [...new Set([tenantId, ...others])].sort()) {
    const member = await findMember(tx, id, userId);
    if (!member) throw new Error(`the person ${userId} is not in the tenant ${id}`);
    const event = id === tenantId ? userCreated : userUpdated;
    await emitEvent(needs, tx, id, event, presentMember(member));
  }
}

async function tenantsShowingOwnName(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.orm
    .select({ id: memberships.tenantId })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), isNull(memberships.name)));
  return rows.map(({ id }) => id);
}
