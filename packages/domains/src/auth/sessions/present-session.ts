import type { SessionReply } from '../schemas.ts';
import type { SessionInTenant } from './repository.ts';

/** A session as its own person sees it; `currentId` is the one that asks. */
export function presentSession(
  { session, tenant }: SessionInTenant,
  currentId: string,
): SessionReply {
  return {
    id: session.id,
    isCurrent: session.id === currentId,
    tenant,
    ip: session.ip,
    userAgent: session.userAgent,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.rotatedAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  };
}
