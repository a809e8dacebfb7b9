import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { apiKeys } from '@trellis/db/schema/auth';
import type { TenantDb, Tx } from '@trellis/db/tenant-db';
import { desc, eq, lt } from 'drizzle-orm';

export type ApiKey = typeof apiKeys.$inferSelect;

/** One more than the page, the newest first. */
export function listApiKeys(tx: Tx, { limit, cursor }: PageQuery): Promise<ApiKey[]> {
  return tx.orm
    .select()
    .from(apiKeys)
    .where(cursor === undefined ? undefined : lt(apiKeys.id, decodeCursor(cursor)))
    .orderBy(desc(apiKeys.id))
    .limit(limit + 1);
}

export async function findApiKey(tx: Tx, id: string): Promise<ApiKey | undefined> {
  const [row] = await tx.orm.select().from(apiKeys).where(eq(apiKeys.id, id));
  return row;
}

export function countApiKeys(tx: Tx): Promise<number> {
  return tx.orm.$count(apiKeys);
}

export async function insertApiKey(tx: Tx, key: typeof apiKeys.$inferInsert): Promise<ApiKey> {
  const [row] = await tx.orm.insert(apiKeys).values(key).returning();
  return row as ApiKey;
}

/** Undefined when there was none. */
export async function deleteApiKey(tx: Tx, id: string): Promise<ApiKey | undefined> {
  const [row] = await tx.orm.delete(apiKeys).where(eq(apiKeys.id, id)).returning();
  return row;
}

/** What one key may do. */
export interface KeyGrant {
  id: string;
  tenantId: string;
  tenantStatus: 'active' | 'suspended';
  permissions: ReadonlySet<string>;
  /** Requests per minute; null when the limit of the tenant alone holds. */
  rateLimit: number | null;
  expiresAt: Date | null;
}

/** By the hash of the key; what is not there has no entry. */
export async function loadKeyGrants(
  db: Pick<TenantDb, 'querySystem'>,
  hashes: string[],
): Promise<Map<string, KeyGrant>> {
  const rows = await db.querySystem<Omit<KeyGrant, 'permissions'> & GrantRow>(
    (sql) => sql`
    select k.id, k.tenant_id as "tenantId", k.key_hash as hash, k.permissions,
      k.rate_limit as "rateLimit", k.expires_at as "expiresAt", t.status as "tenantStatus"
    from api_keys k join tenants t on t.id = k.tenant_id
    where k.key_hash = any (${hashes})`,
  );
  return new Map(
    rows.map(({ hash, permissions, ...grant }) => [
      hash,
      { ...grant, permissions: new Set(permissions) },
    ]),
  );
}

interface GrantRow {
  hash: string;
  permissions: string[];
}

/** Notes when keys were used last; one that was used later according to another process stays. */
export async function writeLastUsed(
  db: Pick<TenantDb, 'querySystem'>,
  used: ReadonlyMap<string, Date>,
): Promise<void> {
  const ids = [...used.keys()];
  const times = [...used.values()].map((time) => time.toISOString());
  await db.querySystem(
    (sql) => sql`
    with used as (
      select * from unnest(${ids}::uuid[], ${times}::timestamptz[]) as u (id, at)
    ), locked as (
      -- In one order in every process, so that two of them cannot wait for each other.
      select id from api_keys where id in (select id from used) order by id for no key update
    )
    update api_keys k set last_used_at = greatest(k.last_used_at, used.at)
    from used join locked using (id) where k.id = used.id`,
  );
}
