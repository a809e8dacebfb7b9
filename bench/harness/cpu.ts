import { readFileSync } from 'node:fs';
import type { Sql } from 'postgres';

/** Linux reports in hundredths of a second, whatever the kernel's own tick is. */
const MICROSECONDS_PER_TICK = 10_000;

/** User and system time that a process has used so far, in microseconds; NaN where Linux is not. */
export function cpuMicroseconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
  } catch {
    return Number.NaN;
  }
}

/**
 * The same of the Postgres backends that serve the database of `sql`, by their process ids; NaN for
 * one that is not on this machine. A backend is there as long as its connection.
 */
export async function backendMicroseconds(sql: Sql): Promise<Map<number, number>> {
  const backends = await sql<{ pid: number }[]>`
    select pid from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  return new Map(
    backends.map(({ pid }) => [pid, isPostgres(pid) ? cpuMicroseconds(pid) : Number.NaN]),
  );
}

/** What the backends have used between two readings; one that is new counts from its start. */
export function microsecondsBetween(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): number {
  let used = 0;
  for (const [pid, micros] of after) used += micros - (before.get(pid) ?? 0);
  return used;
}

/** The id of a process of another machine may be that of anything here. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres');
  } catch {
    return false;
  }
}
