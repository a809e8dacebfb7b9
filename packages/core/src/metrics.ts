import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram };

/** What one process counts and measures, for Prometheus. Not the library's global registry, as
 * several APIs and workers may share a process. */
export type Metrics = Registry;

/** The metrics of the process itself, and what was built. `docs/metrics.md` lists all the others. */
export function createMetrics(build: { version: string }): Metrics {
  const metrics = Registry.merge([metricsOfProcess()]);
  const info = new Gauge({
    name: 'trellis_build_info',
    help: 'Always 1; the version of the build is its label.',
    labelNames: ['version'],
    registers: [metrics],
  });
  info.set(build, 1);
  return metrics;
}

let ofProcess: Registry | undefined;

/**
 * Memory, processor time, event loop and garbage collection. Watched once however many registries
 * there are: the library has no way to end it. Nothing of it keeps a process alive.
 */
function metricsOfProcess(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  return ofProcess;
}
