import { randomUUID } from 'node:crypto';
import { globSync, mkdirSync, rmSync } from 'node:fs';
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
/** Judge what all other tests left behind, so they come last, and not when single files are run. */
const wholeRun = 'test/whole-run/*.judge.ts';

async function runTests(lifecycle: Lifecycle): Promise<Tally> {
  const lock = await waitForTurn(join(runsDirectory, 'lock'), lifecycle.signal);
  lifecycle.onClose(async () => lock.release());
  await removeAbandonedRuns(runsDirectory);
  rmSync(runDirectory, { recursive: true, force: true });
  mkdirSync(runDirectory, { recursive: true });
  const services = await startTestServices(lifecycle, runDirectory);
  // pnpm passes on the `--` that npm would have taken away.
  const args = process.argv.slice(2).filter((arg) => arg !== '--');
  const isWhole = args.length === 0;
  const tap = (tapArgs: string[], name: string) =>
    runTap({
      root,
      args: tapArgs,
      env: {
        ...process.env,
        ...services,
        ...(isWhole && { TEST_EVIDENCE_DIRECTORY: join(runDirectory, 'evidence') }),
        [RUN_VARIABLE]: run,
      },
      outputFile: join(runDirectory, `${name}.tap`),
      signal: lifecycle.signal,
    });
  const tally = await tap(args, 'results');
  if (!isWhole || lifecycle.signal.aborted) return tally;
  return sum(tally, await tap(globSync(wholeRun, { cwd: root }), 'whole-run'));
}

function sum(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
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
