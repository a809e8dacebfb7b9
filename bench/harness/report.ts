import { cpus, totalmem } from 'node:os';
import type { Compared, Sample, Side } from './rounds.ts';

export function describeMachine(): string {
  const all = cpus();
  const model = all[0]?.model.trim() || 'unknown CPU';
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${all.length} cores, ${gibibytes} GiB, Node ${process.versions.node}, ${process.platform}`;
}

interface Spread {
  median: number;
  min: number;
  max: number;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor((sorted.length - 1) / 2);
  const upper = Math.ceil((sorted.length - 1) / 2);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return {
    median: (at(middle) + at(upper)) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(2);
}

function row(name: string, values: readonly number[]): string {
  const { median, min, max } = spreadOf(values);
  const cells = [median, min, max].map((value) => formatNumber(value).padStart(10));
  return `  ${name.padEnd(46)}${cells.join('')}`;
}

/** A table of both sides and their ratio, round by round. */
export function reportComparison(
  title: string,
  unit: string,
  sides: [reference: Side, trellis: Side],
  { reference, trellis }: Compared,
): void {
  const rates = (samples: Sample[]) => samples.map((sample) => sample.rate);
  const ratios = trellis.map((sample, index) => sample.rate / (reference[index]?.rate ?? 0));
  printHead(`${title} (${unit})`);
  console.log(row(sides[0].name, rates(reference)));
  console.log(row(sides[1].name, rates(trellis)));
  console.log(row('ratio', ratios));
  reportExtras(sides[0].name, reference);
  reportExtras(sides[1].name, trellis);
  console.log('');
}

/** What one side measured, without another to hold it against. */
export function reportAlone(title: string, unit: string, samples: readonly Sample[]): void {
  printHead(title);
  console.log(
    row(
      unit,
      samples.map((sample) => sample.rate),
    ),
  );
  reportExtras('of which', samples);
  console.log('');
}

/** A table of what was measured under each name. */
export function reportSpreads(title: string, values: Record<string, readonly number[]>): void {
  printHead(title);
  for (const [name, measured] of Object.entries(values)) console.log(row(name, measured));
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

/** One line that says whether something stays below its bound. */
export function reportBound(name: string, value: number, max: number): void {
  const verdict = value < max ? 'holds' : 'DOES NOT HOLD';
  const cell = formatNumber(value).padStart(10);
  console.log(`  ${name.padEnd(46)}${cell}   below ${formatNumber(max)}: ${verdict}`);
}

function printHead(title: string): void {
  console.log(
    `${title.padEnd(48)}${['median', 'min', 'max'].map((name) => name.padStart(10)).join('')}`,
  );
}

function reportExtras(side: string, samples: readonly Sample[]): void {
  const names = Object.keys(samples[0] ?? {}).filter((name) => name !== 'rate');
  if (names.length > 0) console.log(`  ${side}`);
  for (const name of names) {
    const values = samples.map((sample) => sample[name] ?? Number.NaN);
    console.log(row(`  ${name}`, values));
  }
}
