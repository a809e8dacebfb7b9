import type { TenantDb } from '@trellis/db/tenant-db';
import type { ReservedSql } from 'postgres';
import type { ChainedEntry, Link } from './hash-entry.ts';
import { readSnapshot } from './read-snapshot.ts';

type Db = Pick<TenantDb, 'queryTenant'>;

/** An entry as the table has it: by another hand than ours it may have no place and no hash. */
export type StoredEntry = Omit<ChainedEntry, 'seq'> & {
  seq: number | null;
  hash: string | null;
  /** False when a column holds what reads like another value; the platform never writes that. */
  isExact: boolean;
};

/** What the tables say of the chain of a tenant, all of one moment. */
export interface ChainState {
  /** Null when the tenant has no head. */
  head: Link | null;
  /** The last entry that retention removed. */
  pruned: Link & { mac: string };
  /** An entry that stands behind the head. */
  beyond: StoredEntry | null;
  /** The id of an entry without a place. */
  unplacedId: string | null;
}

const columns = (sql: ReservedSql) => sql`
  id, tenant_id as "tenantId", seq, actor_type as "actorType", actor_id as "actorId", action,
  resource_type as "resourceType", resource_id as "resourceId", before::text, after::text, ip,
  user_agent as "userAgent", request_id as "requestId", created_at as "createdAt", hash`;

interface EntryRow
  extends Omit<StoredEntry, 'seq' | 'createdAt' | 'before' | 'after' | 'isExact'>,
    Record<string, unknown> {
  seq: string | null;
  createdAt: Date;
  before: string | null;
  after: string | null;
}

export async function readChainState(db: Db, tenantId: string): Promise<ChainState> {
  interface StateRow {
    seq: string | null;
    hash: string;
    prunedSeq: string;
    prunedHash: string;
    prunedMac: string;
    beyondId: string | null;
    unplacedId: string | null;
  }
  const [row] = await db.queryTenant<StateRow & Record<string, unknown>>(
    tenantId,
    (sql) => sql`
    select head.seq, head.hash, head.pruned_seq as "prunedSeq", head.pruned_hash as "prunedHash",
      head.pruned_mac as "prunedMac",
      (select id from audit_logs where tenant_id = ${tenantId} and seq > coalesce(head.seq, 0)
        order by seq limit 1) as "beyondId",
      (select id from audit_logs where tenant_id = ${tenantId} and seq is null
        limit 1) as "unplacedId"
    from (select) as one left join audit_heads as head on head.tenant_id = ${tenantId}`,
  );
  const beyond = row?.beyondId ? await readEntry(db, tenantId, row.beyondId) : null;
  return {
    head: row && row.seq !== null ? { seq: Number(row.seq), hash: row.hash } : null,
    pruned: {
      seq: Number(row?.prunedSeq ?? 0),
      hash: row?.prunedHash ?? '',
      mac: row?.prunedMac ?? '',
    },
    beyond,
    unplacedId: row?.unplacedId ?? null,
  };
}

export interface EntryRange {
  tenantId: string;
  /** Both ends are counted. */
  from: number;
  to: number;
  /** The id of an entry that was read already. */
  except?: string | null;
  limit: number;
}

/** In the order of their places; of two in one place, that of the lower id first. */
export async function readEntries(
  db: Db,
  { tenantId, from, to, except = null, limit }: EntryRange,
): Promise<StoredEntry[]> {
  const rows = await db.queryTenant<EntryRow>(
    tenantId,
    (sql) => sql`
    select ${columns(sql)} from audit_logs
    where tenant_id = ${tenantId} and seq >= ${from} and seq <= ${to}
      and id is distinct from ${except}
    order by seq, id limit ${limit}`,
  );
  return rows.map(toEntry);
}

async function readEntry(db: Db, tenantId: string, id: string): Promise<StoredEntry | null> {
  const [row] = await db.queryTenant<EntryRow>(
    tenantId,
    (sql) => sql`
    select ${columns(sql)} from audit_logs where tenant_id = ${tenantId} and id = ${id}`,
  );
  return row ? toEntry(row) : null;
}

function toEntry({ seq, createdAt, ...row }: EntryRow): StoredEntry {
  const before = readSnapshot(row.before);
  const after = readSnapshot(row.after);
  // Postgres has moments that are none to JavaScript, such as infinity.
  const isMoment = !Number.isNaN(createdAt.getTime());
  return {
    ...row,
    before: before.value,
    after: after.value,
    seq: seq === null ? null : Number(seq),
    createdAt: isMoment ? createdAt.toISOString() : '',
    isExact: isMoment && before.isExact && after.isExact,
  };
}

/** An entry in a place before the first: what retention removes goes with the mark that says so. */
export async function findBuried(
  db: Db,
  tenantId: string,
  pruned: Link,
): Promise<{ id: string; seq: number } | undefined> {
  const [row] = await db.queryTenant<{ id: string; seq: string }>(
    tenantId,
    (sql) => sql`
    select id, seq from audit_logs
    where tenant_id = ${tenantId} and seq <= ${pruned.seq} order by seq, id limit 1`,
  );
  return row && { id: row.id, seq: Number(row.seq) };
}
