import { firstIdOf } from '@trellis/db/id-range';
import type { Platform } from '../../platform.ts';
import { listOldEnds, type PrunedMark, signMark, writeMarks } from './mark-pruned.ts';

export interface PartitionNeeds extends Pick<Platform, 'db' | 'secrets' | 'clock' | 'log'> {
  settings: { AUDIT_RETENTION_MONTHS: number };
}

export interface KeptPartitions {
  added: string[];
  dropped: string[];
  /** Entries that went with what was dropped. */
  entries: number;
}

const monthsAhead = 3;

/** How long the heads of chains are waited for; those that are had make their writers wait. */
const lockTimeoutMs = 1_000;

/**
 * Makes the partitions of the next months, and drops those of which every entry is older than the
 * retention, with a signed mark of where each chain begins after that. A part that cannot be dropped
 * without tearing a chain waits for the next month. A chain that is not as it was written gets no
 * mark, so that what was wrong with it shows for ever. Throws with the code 55P03 of Postgres while
 * others, such as a backup, hold the tables: nobody has to wait for long behind it.
 */
export async function keepPartitions(needs: PartitionNeeds): Promise<KeptPartitions> {
  const added = await ensurePartitions(needs);
  const end = beginOfMonth(needs.clock.now(), -needs.settings.AUDIT_RETENTION_MONTHS);
  if (!(await hasEntriesBefore(needs, end)) && !(await hasPartitionsBefore(needs, end))) {
    return { added, dropped: [], entries: 0 };
  }
  const removal = await planRemoval(needs, end);
  if ('tornTenantId' in removal) {
    const tenantId = removal.tornTenantId;
    const why = 'A month of the audit trail stays until the one after it can go too.';
    needs.log.warn({ tenantId }, why);
    return { added, dropped: [], entries: 0 };
  }
  const dropped = await needs.db.asSystem(async (tx) => {
    await tx.sql`select set_config('lock_timeout', ${String(lockTimeoutMs)}, true)`;
    // Before the drop: who waits for a head holds no entry, so that nobody waits in a circle.
    await writeMarks(tx, removal.marks);
    return tx.sql<{ name: string }[]>`
      select * from trellis_drop_audit_partitions(${end.toISOString()}) as name`;
  });
  return { added, dropped: dropped.map(({ name }) => name), entries: removal.entries };
}

type Removal = { marks: PrunedMark[]; entries: number } | { tornTenantId: string };

/** What has to be recorded before all older than `end` can go. */
async function planRemoval(needs: PartitionNeeds, end: Date): Promise<Removal> {
  const marks: PrunedMark[] = [];
  let entries = 0;
  for await (const old of listOldEnds(needs.db, end)) {
    const { tenantId } = old;
    const mark = await signMark(needs, old);
    if (!mark) {
      needs.log.error({ tenantId }, 'An old part of the audit trail is not as it was written.');
    } else if (old.nextSeq !== null && old.nextSeq < old.seq) {
      // A newer entry stands before an older one, as after a step back of the clock.
      return { tornTenantId: tenantId };
    } else {
      marks.push(mark);
      entries += mark.seq - old.prunedSeq;
    }
  }
  return { marks, entries };
}

/** The first moment of a month of UTC, so many months from that of `now`. */
function beginOfMonth(now: Date, months: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months));
}

async function ensurePartitions({ db }: PartitionNeeds): Promise<string[]> {
  const made = await db.querySystem<{ name: string }>(
    (sql) => sql`select * from trellis_ensure_audit_partitions(${monthsAhead}) as name`,
  );
  return made.map(({ name }) => name);
}

async function hasEntriesBefore({ db }: PartitionNeeds, end: Date): Promise<boolean> {
  const found = await db.querySystem(
    (sql) => sql`select from audit_logs where id < ${firstIdOf(end.getTime())} limit 1`,
  );
  return found.length > 0;
}

/** Months in which nobody did anything. */
async function hasPartitionsBefore({ db }: PartitionNeeds, end: Date): Promise<boolean> {
  const first = `audit_logs_${end.toISOString().slice(0, 7).replace('-', '_')}`;
  const found = await db.querySystem(
    (sql) => sql`
    select from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'public.audit_logs'::regclass and relname ~ '^audit_logs_[0-9]' and
      relname < ${first} limit 1`,
  );
  return found.length > 0;
}
