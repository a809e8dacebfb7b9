import type { ApiKey } from './repository.ts';
import type { ApiKeyReply } from './schemas.ts';

/** A key as the API shows it, and as the audit keeps it: nothing that lets anybody in. */
export function presentApiKey(row: ApiKey): ApiKeyReply {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    permissions: row.permissions,
    rateLimit: row.rateLimit,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
  };
}
