import type { SecretBox } from '@trellis/core/secret-box';
import type { TenantDb } from '@trellis/db/tenant-db';

/** An answer that was given, to be given again. */
export interface KeptReply {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** What is known of a key: ours to use, in use, used for another request, or answered. */
export type KeyState =
  | { state: 'ours' }
  | { state: 'running' }
  | { state: 'reused' }
  | { state: 'answered'; reply: KeptReply };

export interface IdempotencyStore {
  claim(tenantId: string, key: string, requestHash: string): Promise<KeyState>;
  keep(tenantId: string, key: string, reply: KeptReply): Promise<void>;
  /** After a request that changed nothing: the key may be used again. */
  forget(tenantId: string, key: string): Promise<void>;
}

interface KeyRow {
  ours: boolean;
  request_hash: string;
  response: string | null;
}

/** A request that has not answered for this long is taken to be dead. */
const lockSeconds = 60;

export function createIdempotencyStore(
  db: Pick<TenantDb, 'queryTenant'>,
  secrets: Pick<SecretBox, 'seal' | 'open'>,
): IdempotencyStore {
  return {
    async claim(tenantId, key, requestHash) {
      const [row] = await db.queryTenant<KeyRow>(
        tenantId,
        (sql) => sql`
        with claimed as (
          insert into idempotency_keys as k (tenant_id, key, request_hash, locked_until)
          values (${tenantId}, ${key}, ${requestHash}, now() + make_interval(secs => ${lockSeconds}))
          on conflict (tenant_id, key) do update set locked_until = excluded.locked_until
            where k.response is null and k.locked_until < now()
              and k.request_hash = excluded.request_hash
          returning true as ours, request_hash, response)
        select * from claimed
        union all
        select false, request_hash, response from idempotency_keys
        where tenant_id = ${tenantId} and key = ${key} and not exists (select from claimed)`,
      );
      // A conflicting insert that was not yet visible to this statement: it is running.
      if (!row) return { state: 'running' };
      if (row.ours) return { state: 'ours' };
      if (row.request_hash !== requestHash) return { state: 'reused' };
      if (row.response === null) return { state: 'running' };
      return { state: 'answered', reply: JSON.parse(secrets.open(row.response)) as KeptReply };
    },
    async keep(tenantId, key, reply) {
      const response = secrets.seal(JSON.stringify(reply));
      await db.queryTenant(
        tenantId,
        (sql) => sql`
        update idempotency_keys set response = ${response}, status_code = ${reply.statusCode}
        where tenant_id = ${tenantId} and key = ${key}`,
      );
    },
    async forget(tenantId, key) {
      await db.queryTenant(
        tenantId,
        (sql) => sql`delete from idempotency_keys where tenant_id = ${tenantId} and key = ${key}`,
      );
    },
  };
}
