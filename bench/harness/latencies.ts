import { percentile } from './percentile.ts';

/**
 * One line with the percentiles of times in milliseconds. With a bound also whether p95 is below.
 */
export function reportLatencies(title: string, times: readonly number[], p95MsMax?: number): void {
  const shares: [name: string, share: number][] = [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
    ['longest', 1],
  ];
  const cells = shares.map(([name, share]) =>
    `${name} ${percentile(times, share).toFixed(1)} ms`.padStart(name.length + 12),
  );
  const isAbove = p95MsMax !== undefined && !(percentile(times, 0.95) < p95MsMax);
  console.log(`  ${title.padEnd(38)}${cells.join('')}${isAbove ? '  ABOVE THE BOUND' : ''}`);
}
