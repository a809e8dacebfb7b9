import type { SecretBox } from '@trellis/core/secret-box';
import { firstIdOf } from '@trellis/db/id-range';
import type { TenantDb } from '@trellis/db/tenant-db';
import { signPruned } from '../chain/pruned-mark.ts';

type Db = Pick<TenantDb, 'querySystem'>;

/** The last entry of a tenant that is older than a moment. */
interface OldEnd {
  tenantId: string;
  seq: number;
  hash: string;
  prunedSeq: number;
  /** The first entry that is not older; null when there is none. */
  nextSeq: number | null;
}

const batchSize = 500;

/**
 * A tenant of whose chain a newer entry stands before an older one, as after a step back of the
 * clock: without the older ones it would have a gap.
 */
export async function findOverlap(
  { db }: { db: Db },
  end: Date,
): Promise<{ tenantId: string } | undefined> {
  for await (const batch of listOldEnds(db, end)) {
    const torn = batch.find(({ seq, nextSeq }) => nextSeq !== null && nextSeq < seq);
    if (torn) return { tenantId: torn.tenantId };
  }
  return undefined;
}

/** Records for each tenant where its chain begins once all before `end` is gone; how many that are. */
export async function markPruned(
  { db, secrets }: { db: Db; secrets: Pick<SecretBox, 'sign'> },
  end: Date,
): Promise<number> {
  let entries = 0;
  for await (const batch of listOldEnds(db, end)) {
    const marks = batch
      .filter(({ seq, prunedSeq }) => seq > prunedSeq)
      .map(({ tenantId, seq, hash }) => ({
        tenantId,
        seq,
        hash,
        mac: signPruned(secrets, tenantId, { seq, hash }),
      }));
    await db.querySystem(
      (sql) => sql`
      update audit_heads set pruned_seq = mark.seq, pruned_hash = mark.hash, pruned_mac = mark.mac
      from jsonb_to_recordset(${sql.json(marks)})
        as mark("tenantId" uuid, seq bigint, hash text, mac text)
      where tenant_id = mark."tenantId" and pruned_seq < mark.seq`,
    );
    for (const { seq, prunedSeq } of batch) entries += Math.max(0, seq - prunedSeq);
  }
  return entries;
}

async function* listOldEnds(db: Db, end: Date): AsyncGenerator<OldEnd[]> {
  const firstKept = firstIdOf(end.getTime());
  let after = firstIdOf(0);
  for (;;) {
    const batch = await db.querySystem<OldEnd & Record<string, unknown>>(
      (sql) => sql`
      select head.tenant_id as "tenantId", old.seq::float8 as seq, old.hash,
        head.pruned_seq::float8 as "prunedSeq", next.seq::float8 as "nextSeq"
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
    yield batch;
    const last = batch.at(-1);
    if (!last || batch.length < batchSize) return;
    after = last.tenantId;
  }
}
