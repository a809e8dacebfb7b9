import type { Arrival } from './receiver.ts';

export interface Summary {
  published: number;
  /** Distinct events that arrived. */
  delivered: number;
  /** … of which every delivery had a valid signature. */
  verified: number;
  lost: number;
  /** Deliveries beyond the first of an event. */
  duplicates: number;
  /** From the first publish to the last arrival. */
  deliveriesPerSecond: number;
  /** From sending the publish off to the arrival, in milliseconds. */
  p50Ms: number;
  p99Ms: number;
}

/** @param sentAtMs when each published event was sent off, by its id */
export function summarise(
  sentAtMs: ReadonlyMap<string, number>,
  arrivals: ReadonlyMap<string, Arrival>,
): Summary {
  const latencies: number[] = [];
  let verified = 0;
  let duplicates = 0;
  let lastMs = 0;
  for (const [id, { atMs, count, isVerified }] of arrivals) {
    const startedMs = sentAtMs.get(id);
    if (startedMs === undefined) continue;
    latencies.push(atMs - startedMs);
    lastMs = Math.max(lastMs, atMs);
    duplicates += count - 1;
    if (isVerified) verified++;
  }
  latencies.sort((a, b) => a - b);
  let firstMs = lastMs;
  for (const startedMs of sentAtMs.values()) firstMs = Math.min(firstMs, startedMs);
  return {
    published: sentAtMs.size,
    delivered: latencies.length,
    verified,
    lost: sentAtMs.size - latencies.length,
    duplicates,
    deliveriesPerSecond: lastMs > firstMs ? (latencies.length / (lastMs - firstMs)) * 1_000 : 0,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/** The nearest rank; NaN of nothing. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function formatSummary(summary: Summary): string {
  const count = (value: number) => value.toLocaleString('en');
  const milliseconds = (value: number) => (Number.isNaN(value) ? '–' : `${value.toFixed(1)} ms`);
  const rows: [name: string, value: string][] = [
    ['published', count(summary.published)],
    ['delivered, distinct ids', count(summary.delivered)],
    ['verified', count(summary.verified)],
    ['lost', count(summary.lost)],
    ['duplicates', count(summary.duplicates)],
    ['deliveries/s', count(Math.round(summary.deliveriesPerSecond))],
    ['publish to arrival, p50', milliseconds(summary.p50Ms)],
    ['publish to arrival, p99', milliseconds(summary.p99Ms)],
  ];
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.max(...rows.map(([, value]) => value.length));
  return rows
    .map(([name, value]) => `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}`)
    .join('\n');
}
