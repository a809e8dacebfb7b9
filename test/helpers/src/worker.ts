import type { Log } from '@trellis/core/log';
import { pino } from 'pino';
import type { Test } from 'tap';
import { type RunningWorker, startWorker as run } from '../../../apps/worker/src/app.ts';
import { createLog } from '../../../apps/worker/src/log.ts';
import { evidenceFile } from './evidence.ts';
import { type TestEnv, workerSettingsOf } from './settings.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Silent, unless somebody collects: then everything is logged. */
function openLog(): Log {
  const file = evidenceFile('log');
  return file
    ? createLog({ level: 'trace' }, pino.destination({ dest: file, sync: true }))
    : silent;
}

/** The worker in this process, on the installation of an API; stopped when the test ends. */
export async function startWorker(
  t: Pick<Test, 'teardown'>,
  { env }: { env: TestEnv },
  overrides: TestEnv = {},
): Promise<RunningWorker> {
  const worker = await run(workerSettingsOf({ ...env, ...overrides }), { log: openLog() });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= worker.stop();
    return stopped;
  };
  t.teardown(stop);
  return { port: worker.port, stop };
}
