/** One line with the percentiles of times in milliseconds. */
export function reportLatencies(title: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
  const cells = [0.5, 0.95, 0.99].map((part) =>
    `p${part * 100} ${at(part).toFixed(1)} ms`.padStart(14),
  );
  console.log(`  ${title.padEnd(34)}${cells.join('')}`);
}
