import type { HttpLoad, HttpLoadResult } from '../programs/http-load.ts';
import type { Child } from './children.ts';
import { cpuMicroseconds } from './cpu.ts';
import type { Sample } from './rounds.ts';

/** Requests per second as fast as they are answered, and what each cost the server. */
export async function measureRequests(
  loader: Child,
  server: Child,
  load: HttpLoad,
): Promise<Sample> {
  const cpuBefore = cpuMicroseconds(server.pid);
  const { requests, failed, seconds, p99Ms } = await loader.ask<HttpLoadResult>(load);
  const cpu = cpuMicroseconds(server.pid) - cpuBefore;
  if (failed > 0) throw new Error(`${failed} of ${requests} requests to ${load.url} failed`);
  return {
    rate: requests / seconds,
    'CPU of the server, µs per request': cpu / requests,
    'p99, ms': p99Ms,
  };
}
