import { readFileSync } from 'node:fs';
import type { Sql } from 'postgres';

/** Linux reports in hundredths of a second, whatever the kernel's own tick is. */
const MICROSECONDS_PER_TICK = 10_000;

interface Stat {
  parent: number;
  /** User and system time so far. */
  micros: number;
  /** The same of all children that have ended. */
  endedChildrenMicros: number;
}

/** What Linux says of a process (proc_pid_stat(5)); undefined where there is none. */
export function statOf(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold spaces.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15) as [
      number,
      number,
      number,
      number,
    ];
    return {
      parent: fields[1] ?? 0,
      micros: (user + system) * MICROSECONDS_PER_TICK,
      endedChildrenMicros: (endedUser + endedSystem) * MICROSECONDS_PER_TICK,
    };
  } catch {
    return undefined;
  }
}

/** User and system time that a process has used so far, in microseconds; NaN where Linux is not. */
export function cpuMicroseconds(pid: number): number {
  return statOf(pid)?.micros ?? Number.NaN;
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
    backends.map(({ pid }) => [pid, isNamed(pid, 'postgres') ? cpuMicroseconds(pid) : Number.NaN]),
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
export function isNamed(pid: number, ...names: string[]): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/comm`, 'utf8');
    return names.some((name) => command.startsWith(name));
  } catch {
    return false;
  }
}
