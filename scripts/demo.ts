import { parseArgs } from 'node:util';
import { runDemo } from './demo/run-demo.ts';
import { formatSummary } from './demo/summary.ts';
import { DemoError } from './demo/trellis-client.ts';

const usage = 'Usage: pnpm demo [--url http://127.0.0.1:3000] [--events 1000]';

function readOptions(): { url: string; events: number } {
  const { values } = parseArgs({
    // pnpm passes on the `--` that npm would have taken away.
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: { url: { type: 'string' }, events: { type: 'string', default: '1000' } },
  });
  const url = values.url || process.env.TRELLIS_URL || 'http://127.0.0.1:3000';
  const events = Number(values.events);
  if (!Number.isInteger(events) || events < 1) throw new DemoError(usage);
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new DemoError(usage);
  return { url: url.replace(/\/+$/, ''), events };
}

function describe(error: unknown): string {
  if (error instanceof DemoError) return error.message;
  if (error instanceof TypeError && 'code' in error) return `${error.message}\n${usage}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const options = readOptions();
  console.log(`Publishing ${options.events.toLocaleString('en')} events to ${options.url}.`);
  const summary = await runDemo(options);
  console.log(`\n${formatSummary(summary)}`);
  if (summary.lost > 0 || summary.verified < summary.published) process.exitCode = 1;
} catch (error) {
  console.error(describe(error));
  process.exitCode = 1;
}
