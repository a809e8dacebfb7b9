import { firstIdOf } from '@trellis/db/id-range';
import type { Platform } from '../../platform.ts';
import { findOverlap, markPruned } from './mark-pruned.ts';

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

/**
 * Makes the partitions of the next months, and drops those of which every entry is older than the
 * retention. What is dropped is signed first: a chain then begins behind it. A part that cannot be
 * dropped without tearing a chain waits for the next month.
 */
export async function keepPartitions(needs: PartitionNeeds): Promise<KeptPartitions> {
  const added = await ensurePartitions(needs);
  const end = beginOfMonth(needs.clock.now(), -needs.settings.AUDIT_RETENTION_MONTHS);
  if (!(await hasEntriesBefore(needs, end)) && !(await hasPartitionsBefore(needs, end))) {
    return { added, dropped: [], entries: 0 };
  }
  const overlap = await findOverlap(needs, end);
  if (overlap) {
    needs.log.warn(overlap, 'A month of the audit trail stays until the one after it can go too.');
    return { added, dropped: [], entries: 0 };
  }
  const entries = await markPruned(needs, end);
  const dropped = await needs.db.querySystem<{ name: string }>(
    (sql) => sql`select * from trellis_drop_audit_partitions(${end}) as name`,
  );
  return { added, dropped: dropped.map(({ name }) => name), entries };
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
