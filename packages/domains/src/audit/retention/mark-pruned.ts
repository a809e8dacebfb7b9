import type { SecretBox } from '@trellis/core/secret-box';
import { firstIdOf } from '@trellis/db/id-range';
import type { TenantDb, Tx } from '@trellis/db/tenant-db';
import type { Link } from '../chain/hash-entry.ts';
import { isContinuous } from '../chain/is-continuous.ts';
import { isPruned, signPruned } from '../chain/pruned-mark.ts';

/** The last entry of a tenant that is older than a moment. */
export interface OldEnd extends Link {
  tenantId: string;
  /** Where the chain begins until now. */
  prunedSeq: number;
  prunedHash: string;
  prunedMac: string;
  /** The first entry that is not older; null when there is none. */
  nextSeq: number | null;
}

/** A tenant and where its chain begins from then on. */
export interface PrunedMark extends Link {
  tenantId: string;
  mac: string;
}

interface Needs {
  db: Pick<TenantDb, 'queryTenant'>;
  secrets: Pick<SecretBox, 'sign' | 'verify'>;
}

const batchSize = 500;

/**
 * The mark for a chain that ends there, signed only over entries that are what was written: who
 * altered them could otherwise have retention wipe out the traces. Undefined when they are not.
 */
export async function signMark(
  { db, secrets }: Needs,
  { tenantId, seq, hash, prunedSeq, prunedHash, prunedMac }: OldEnd,
): Promise<PrunedMark | undefined> {
  const begin = { seq: prunedSeq, hash: prunedHash };
  const isRight =
    isPruned(secrets, tenantId, { ...begin, mac: prunedMac }) &&
    (await isContinuous({ db, secrets }, tenantId, begin, { seq, hash }));
  if (!isRight) return undefined;
  return { tenantId, seq, hash, mac: signPruned(secrets, tenantId, { seq, hash }) };
}

/** Writes the marks, in the transaction that removes the entries before them. */
export async function writeMarks(tx: Tx, marks: PrunedMark[]): Promise<void> {
  for (let start = 0; start < marks.length; start += batchSize) {
    const batch = JSON.stringify(marks.slice(start, start + batchSize));
    await tx.sql`
      update audit_heads set pruned_seq = mark.seq, pruned_hash = mark.hash, pruned_mac = mark.mac
      from jsonb_to_recordset(${batch}::jsonb)
        as mark("tenantId" uuid, seq bigint, hash text, mac text)
      where tenant_id = mark."tenantId" and pruned_seq < mark.seq`;
  }
}

/** The old ends of all chains that have entries before a moment, in the order of tenants. */
export async function* listOldEnds(
  db: Pick<TenantDb, 'querySystem'>,
  end: Date,
): AsyncGenerator<OldEnd> {
  const firstKept = firstIdOf(end.getTime());
  let after = firstIdOf(0);
  for (;;) {
    const batch = await db.querySystem<OldEnd & Record<string, unknown>>(
      (sql) => sql`
      select head.tenant_id as "tenantId", old.seq::float8 as seq, old.hash,
        head.pruned_seq::float8 as "prunedSeq", head.pruned_hash as "prunedHash",
        head.pruned_mac as "prunedMac", next.seq::float8 as "nextSeq"
      from audit_heads as head
      cross join lateral (
        select seq, hash from audit_logs as entry
        where entry.tenant_id = head.tenant_id and id < ${firstKept} and seq is not null
        order by seq desc limit 1) as old
      left join lateral (
        select seq from audit_logs as entry
        where entry.tenant_id = head.tenant_id and id >= ${firstKept} and seq is not null
        order by seq limit 1) as next on true
      where head.tenant_id > ${after} order by head.tenant_id limit ${batchSize}`,
    );
    yield* batch;
    const last = batch.at(-1);
    if (!last || batch.length < batchSize) return;
    after = last.tenantId;
  }
}
