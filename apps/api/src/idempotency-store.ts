import { createHmac } from 'node:crypto';
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
  /** `request` is all by which a repeat is known. */
  claim(tenantId: string, key: string, request: string): Promise<KeyState>;
  /**
   * Keeps a claimed key from being taken for dead, until the returned function is called; the
   * owner of the key calls it. `onError` gets what Postgres refuses meanwhile.
   */
  hold(tenantId: string, key: string, onError: (error: unknown) => void): () => void;
  keep(tenantId: string, key: string, reply: KeptReply): Promise<void>;
  /** After a request that changed nothing: the key may be used again. */
  forget(tenantId: string, key: string): Promise<void>;
}

interface KeyRow {
  ours: boolean;
  request_hash: string;
  response: string | null;
}

const purpose = 'idempotency/request';
/** A request that has neither answered nor been heard of for this long is taken to be dead. */
const lockMsDefault = 60_000;
/** How often a running request is heard of within that time. */
const renewalsPerLock = 12;

export function createIdempotencyStore(
  db: Pick<TenantDb, 'queryTenant'>,
  secrets: Pick<SecretBox, 'seal' | 'open' | 'deriveAll'>,
  lockMs = lockMsDefault,
): IdempotencyStore {
  const lockSeconds = lockMs / 1_000;
  return {
    async claim(tenantId, key, request) {
      const hashes = hashesOf(secrets, request);
      const [newest = ''] = hashes;
      const [row] = await db.queryTenant<KeyRow>(
        tenantId,
        (sql) => sql`
        with claimed as (
          insert into idempotency_keys as k (tenant_id, key, request_hash, locked_until)
          values (${tenantId}, ${key}, ${newest}, now() + make_interval(secs => ${lockSeconds}))
          on conflict (tenant_id, key) do update set locked_until = excluded.locked_until
            where k.response is null and k.locked_until < now()
              and k.request_hash = any(${hashes}::text[])
          returning true as ours, request_hash, response)
        select * from claimed
        union all
        select false, request_hash, response from idempotency_keys
        where tenant_id = ${tenantId} and key = ${key} and not exists (select from claimed)`,
      );
      // A conflicting insert that was not yet visible to this statement: it is running.
      if (!row) return { state: 'running' };
      if (row.ours) return { state: 'ours' };
      if (!hashes.includes(row.request_hash)) return { state: 'reused' };
      if (row.response === null) return { state: 'running' };
      return { state: 'answered', reply: JSON.parse(secrets.open(row.response)) as KeptReply };
    },
    hold(tenantId, key, onError) {
      const renew = () =>
        db.queryTenant(
          tenantId,
          (sql) => sql`
          update idempotency_keys set locked_until = now() + make_interval(secs => ${lockSeconds})
          where tenant_id = ${tenantId} and key = ${key} and response is null`,
        );
      const renewals = setInterval(() => void renew().catch(onError), lockMs / renewalsPerLock);
      return () => clearInterval(renewals);
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

/**
 * The request under each key of `SECRET_KEY`, the newest first, so that a repeat is known after a
 * rotation too. A plain hash would let whoever reads the table guess the password in a body.
 */
function hashesOf(secrets: Pick<SecretBox, 'deriveAll'>, request: string): string[] {
  return [...secrets.deriveAll(purpose)].map(
    ([id, key]) => `${id}.${createHmac('sha256', key).update(request).digest('base64url')}`,
  );
}
