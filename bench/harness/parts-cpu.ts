import { readdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { Sql } from 'postgres';
import type { Lifecycle } from '../../scripts/local/lifecycle.ts';
import { cpuMicroseconds, isNamed, statOf } from './cpu.ts';

/** Microseconds of CPU of each part, by its name. */
export type PartsCpu = Record<string, number>;

export interface PartsMeter {
  /** What each part used while that ran. NaN for what is not on this machine, or not on Linux. */
  measure<Result>(run: () => Promise<Result>): Promise<{ result: Result; cpu: PartsCpu }>;
}

/**
 * Reads what each part of a run costs, so that a figure that is missed can be explained. Postgres
 * and Redis count whole: what else they do meanwhile is in it.
 *
 * @param processes by the name of the part, their ids
 */
export async function createPartsMeter(
  lifecycle: Lifecycle,
  { sql, redisUrl }: { sql: Sql; redisUrl: string | undefined },
  processes: Record<string, number>,
): Promise<PartsMeter> {
  const postmaster = await findPostmaster(sql);
  const redis = redisUrl === undefined ? undefined : await findRedis(lifecycle, redisUrl);
  const read = (): PartsCpu => ({
    ...Object.fromEntries(
      Object.entries(processes).map(([name, pid]) => [name, cpuMicroseconds(pid)]),
    ),
    Postgres: postmaster === undefined ? Number.NaN : familyMicroseconds(postmaster),
    ...(redisUrl !== undefined && { Redis: redis ? cpuMicroseconds(redis) : Number.NaN }),
  });
  return {
    async measure(run) {
      const before = read();
      const result = await run();
      const after = read();
      const names = Object.keys(after);
      const used = (name: string) => (after[name] ?? Number.NaN) - (before[name] ?? Number.NaN);
      return { result, cpu: Object.fromEntries(names.map((name) => [name, used(name)])) };
    },
  };
}

/** Lines for a report: what each part costs for one of `count` things. */
export function costsOf(cpu: PartsCpu, count: number, thing: string): Record<string, number> {
  const entries = Object.entries(cpu).map(([part, micros]) => [
    `CPU of ${part}, µs per ${thing}`,
    micros / count,
  ]);
  const all = Object.values(cpu).reduce((sum, micros) => sum + micros, 0);
  return Object.fromEntries([...entries, [`CPU of all, µs per ${thing}`, all / count]]);
}

/** The process that all others of the server descend from. */
async function findPostmaster(sql: Sql): Promise<number | undefined> {
  const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  if (!backend || !isNamed(backend.pid, 'postgres')) return undefined;
  return statOf(backend.pid)?.parent;
}

async function findRedis(lifecycle: Lifecycle, url: string): Promise<number | undefined> {
  const redis = new Redis(url);
  lifecycle.onClose(async () => redis.disconnect());
  const [, pid] = /process_id:(\d+)/.exec(await redis.info('server')) ?? [];
  return isNamed(Number(pid), 'redis', 'valkey') ? Number(pid) : undefined;
}

/** Of a process, of its children, and of those that have ended. */
function familyMicroseconds(parent: number): number {
  const children = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && statOf(Number(name))?.parent === parent,
  );
  const living = children.map((name) => statOf(Number(name))?.micros ?? 0);
  const own = statOf(parent);
  if (!own) return Number.NaN;
  return living.reduce((sum, micros) => sum + micros, own.micros + own.endedChildrenMicros);
}
