import { Registry } from 'prom-client';

/** What one process counts and measures, for Prometheus. Not the library's global registry, as
 * several APIs and workers may share a process. */
export type Metrics = Registry;

export function createMetrics(): Metrics {
  return new Registry();
}
