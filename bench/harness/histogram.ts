/** How many observations were at most so large, by bound; of one histogram of Prometheus. */
export type Histogram = ReadonlyMap<number, number>;

/** @param text in the text format of Prometheus; of a histogram without labels of its own */
export function readHistogram(text: string, name: string): Histogram {
  const pattern = new RegExp(`^${name}_bucket\\{(?:.*,)?le="([^"]+)".*\\} (\\d+)`, 'gm');
  return new Map(
    [...text.matchAll(pattern)].map(([, bound, count]) => [
      bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      Number(count),
    ]),
  );
}

/**
 * The bound of the bucket that the percentile of what was observed between two readings is in: it
 * is at most that. NaN when nothing was observed.
 */
export function percentileBetween(before: Histogram, after: Histogram, share: number): number {
  const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]);
  const all = Math.max(0, ...counts.map(([, count]) => count ?? 0));
  const found = counts.find(([, count]) => all > 0 && (count ?? 0) >= share * all);
  return found?.[0] ?? Number.NaN;
}
