import { newIdAt } from '@trellis/core/ids';
import type { SecretBox } from '@trellis/core/secret-box';
import type { Tx } from '@trellis/db/tenant-db';
import { type ChainedEntry, hashEntry, type Link } from './hash-entry.ts';

/** An entry that has no place yet. */
export type NewEntry = Omit<ChainedEntry, 'id' | 'seq' | 'createdAt'>;

export interface Head extends Link {
  tenantId: string;
  /** When it was locked: milliseconds since 1970 by the clock of Postgres, which all writers share. */
  lockedAt: number;
}

type SealedEntry = ChainedEntry & { hash: string };

/**
 * Adds entries to the chains of their tenants, in their order: one round trip to lock the heads,
 * one to write. Nothing but the commit should come after it, as all writers of a tenant wait for
 * each other here, and never one for two that wait for it: heads are locked in one order.
 */
export async function appendEntries(
  { secrets }: { secrets: Pick<SecretBox, 'sign'> },
  tx: Tx,
  entries: NewEntry[],
): Promise<void> {
  const byTenant = Map.groupBy(entries, ({ tenantId }) => tenantId);
  const heads = await lockHeads(tx, [...byTenant.keys()].sort());
  const sealed = heads.map((head) => sealEntries(secrets, head, byTenant.get(head.tenantId) ?? []));
  await write(tx, sealed);
}

/** Gives entries their places behind the head. */
export function sealEntries(
  secrets: Pick<SecretBox, 'sign'>,
  head: Head,
  entries: NewEntry[],
): SealedEntry[] {
  const sealed: SealedEntry[] = [];
  let previous: Link = head;
  for (const entry of entries) {
    const seq = previous.seq + 1;
    const placed: ChainedEntry = {
      ...entry,
      id: newIdAt(head.lockedAt, seq),
      seq,
      createdAt: new Date(head.lockedAt).toISOString(),
    };
    const hash = hashEntry(secrets, previous, placed);
    sealed.push({ ...placed, hash });
    previous = { seq, hash };
  }
  return sealed;
}

async function lockHeads(tx: Tx, tenantIds: string[]): Promise<Head[]> {
  const known = await selectHeads(tx, tenantIds);
  if (known.length === tenantIds.length) return known;
  await tx.sql`
    insert into audit_heads (tenant_id, seq, hash)
    select tenant_id, 0, '' from unnest(${tenantIds}::uuid[]) as tenant_id
    on conflict do nothing`;
  return selectHeads(tx, tenantIds);
}

/** The time is read outside of the query that waits for the lock, so it is that of having it. */
async function selectHeads(tx: Tx, tenantIds: string[]): Promise<Head[]> {
  const rows = await tx.sql<{ tenantId: string; seq: string; hash: string; lockedAt: number }[]>`
    select tenant_id as "tenantId", seq, hash,
      floor(extract(epoch from clock_timestamp()) * 1000)::float8 as "lockedAt"
    from (
      select tenant_id, seq, hash from audit_heads
      where tenant_id = any (${tenantIds}::uuid[]) order by tenant_id for update
    ) as head`;
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

async function write(tx: Tx, chains: SealedEntry[][]): Promise<void> {
  const heads = chains.flatMap((chain) => chain.slice(-1));
  await tx.sql`
    with moved as (
      update audit_heads set seq = head.seq, hash = head.hash
      from jsonb_to_recordset(${JSON.stringify(heads)}::jsonb)
        as head("tenantId" uuid, seq bigint, hash text)
      where audit_heads.tenant_id = head."tenantId")
    insert into audit_logs (id, tenant_id, actor_type, actor_id, action, resource_type, resource_id,
      before, after, ip, user_agent, request_id, seq, hash, created_at)
    select * from jsonb_to_recordset(${JSON.stringify(chains.flat())}::jsonb) as entry(
      id uuid, "tenantId" uuid, "actorType" text, "actorId" uuid, action text,
      "resourceType" text, "resourceId" text, before jsonb, after jsonb, ip text,
      "userAgent" text, "requestId" text, seq bigint, hash text, "createdAt" timestamptz)`;
}
