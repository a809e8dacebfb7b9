import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './check/run-tool.ts';
import { type Step, steps } from './check/steps.ts';

/** Runs one step and says how it went; true when nothing is wrong. */
async function passes(step: Step): Promise<boolean> {
  const startedAt = performance.now();
  const wrong = await step.run().catch((error: Error) => error.message);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `${wrong === '' ? 'ok    ' : 'FAILED'} ${step.name.padEnd(24)} ${seconds.padStart(5)} s`,
  );
  if (wrong !== '') console.log(`\n${wrong.trim().replaceAll(/^/gm, '    ')}\n`);
  return wrong === '';
}

/** All steps run although one fails, so that one look shows everything that is wrong. */
async function main(): Promise<number> {
  const failed: string[] = [];
  for (const step of steps) {
    if (!(await passes(step))) failed.push(step.name);
  }
  if (failed.length > 0) {
    console.log(`Failed: ${failed.join(', ')}. The tests were not run.\n`);
    console.log(`${steps.length - failed.length} passed, ${failed.length} failed`);
    return 1;
  }
  if (process.argv.includes('--no-test')) {
    console.log(`\n${steps.length} passed, 0 failed`);
    return 0;
  }
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/test.ts')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status ?? 1;
}

process.exitCode = await main();
