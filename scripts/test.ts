import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endLeftovers, RUN_VARIABLE, removeAbandonedRuns } from './local/leftovers.ts';
import { createLifecycle, describeError, type Lifecycle } from './local/lifecycle.ts';
import { describeTally, runTap, type Tally } from './local/run-tap.ts';
import { startTestServices } from './local/test-services.ts';
import { waitForTurn } from './local/turn.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const runsDirectory = join(root, '.local', 'test');
const runDirectory = join(runsDirectory, String(process.pid));
const run = randomUUID();

async function runTests(lifecycle: Lifecycle): Promise<Tally> {
  const lock = await waitForTurn(join(runsDirectory, 'lock'), lifecycle.signal);
  lifecycle.onClose(async () => lock.release());
  await removeAbandonedRuns(runsDirectory);
  rmSync(runDirectory, { recursive: true, force: true });
  mkdirSync(runDirectory, { recursive: true });
  const services = await startTestServices(lifecycle, runDirectory);
  return await runTap({
    root,
    // pnpm passes on the `--` that npm would have taken away.
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    env: { ...process.env, ...services, [RUN_VARIABLE]: run },
    outputFile: join(runDirectory, 'results.tap'),
    signal: lifecycle.signal,
  });
}

const lifecycle = createLifecycle(() => undefined);
let tally: Tally = { passed: 0, failed: 1, skipped: 0 };
try {
  tally = await runTests(lifecycle);
} catch (error) {
  if (!lifecycle.signal.aborted) console.error(`The tests did not run: ${describeError(error)}`);
} finally {
  if (lifecycle.signal.aborted) tally = { ...tally, failed: Math.max(1, tally.failed) };
  await endLeftovers(run);
  await lifecycle.close();
  rmSync(runDirectory, { recursive: true, force: true });
}
if (tally.passed + tally.failed === 0) console.error('No test ran.');
// A line of its own, whatever the report ended with.
console.log(`\n${describeTally(tally)}`);
process.exit(tally.failed > 0 || tally.passed === 0 ? 1 : (process.exitCode ?? 0));
