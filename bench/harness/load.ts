import type { Sql } from 'postgres';
import type { HttpLoad, HttpLoadResult } from '../programs/http-load.ts';
import type { Child } from './children.ts';
import { backendMicroseconds, cpuMicroseconds, microsecondsBetween } from './cpu.ts';
import type { Sample } from './rounds.ts';

/**
 * Requests per second as fast as they are answered, and what each cost the server; with `sql` also
 * what it cost Postgres, in the backends of that database.
 */
export async function measureRequests(
  loader: Child,
  server: Child,
  load: HttpLoad,
  sql?: Sql,
): Promise<Sample> {
  const backends = sql && (await backendMicroseconds(sql));
  const cpuBefore = cpuMicroseconds(server.pid);
  const { requests, failed, seconds, p99Ms } = await loader.ask<HttpLoadResult>(load);
  const cpu = cpuMicroseconds(server.pid) - cpuBefore;
  if (failed > 0) throw new Error(`${failed} of ${requests} requests to ${load.url} failed`);
  const sample: Sample = {
    rate: requests / seconds,
    'CPU of the server, µs per request': cpu / requests,
    'p99, ms': p99Ms,
  };
  if (!sql || !backends) return sample;
  const postgres = microsecondsBetween(backends, await backendMicroseconds(sql));
  return {
    ...sample,
    'CPU of Postgres, µs per request': postgres / requests,
    'CPU of both, µs per request': (cpu + postgres) / requests,
  };
}
