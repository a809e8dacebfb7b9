import { parseArgs } from 'node:util';
import { createLifecycle, describeError } from '../scripts/local/lifecycle.ts';
import type { Bench } from './harness/bench.ts';
import { killChildren } from './harness/children.ts';
import { describeMachine } from './harness/report.ts';

const benches: Record<string, () => Promise<{ default: Bench }>> = {
  audit: () => import('./audit.ts'),
  'authenticated-read': () => import('./authenticated-read.ts'),
  deliveries: () => import('./deliveries.ts'),
  'delivery-list': () => import('./delivery-list.ts'),
  fairness: () => import('./fairness.ts'),
  limits: () => import('./limits.ts'),
  logins: () => import('./logins.ts'),
  neighbour: () => import('./neighbour.ts'),
  publish: () => import('./publish.ts'),
  'rate-limit': () => import('./rate-limit.ts'),
};

async function list(): Promise<void> {
  console.log('Usage: pnpm bench NAME [--rounds N]\n');
  for (const [name, load] of Object.entries(benches)) {
    const { default: bench } = await load();
    console.log(`  ${name.padEnd(20)} ${bench.summary}`);
  }
}

async function run(
  load: () => Promise<{ default: Bench }>,
  roundsWanted: number | undefined,
): Promise<void> {
  const lifecycle = createLifecycle(killChildren);
  try {
    const { default: bench } = await load();
    const rounds = roundsWanted ?? bench.rounds ?? 5;
    console.log(`${describeMachine()}; ${rounds} rounds, the two sides in turn\n`);
    await bench.run({ lifecycle, rounds });
  } catch (error) {
    if (!lifecycle.signal.aborted) console.error(describeError(error));
    process.exitCode = 1;
  } finally {
    await lifecycle.close();
  }
}

const { values, positionals } = parseArgs({
  // pnpm passes on the `--` that npm would have taken away.
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: { rounds: { type: 'string' } },
  allowPositionals: true,
});
const [name] = positionals;
const load = name === undefined ? undefined : benches[name];
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const isPossible = rounds === undefined || (Number.isInteger(rounds) && rounds > 0);
if (load && isPossible) await run(load, rounds);
else {
  await list();
  if (name !== undefined) process.exitCode = 1;
}
process.exit();
