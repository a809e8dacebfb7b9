import { loadSettings, SettingError } from '@trellis/config/load-settings';
import { workerSettings } from '@trellis/config/settings';
import { describeError } from '@trellis/core/describe-error';
import closeWithGrace from 'close-with-grace';
import { startWorker } from './app.ts';
import { createLog } from './log.ts';

/** Starts the worker, and ends it on a signal once the work under way is done. */
async function main(): Promise<void> {
  const settings = loadSettings(workerSettings, process.env);
  const log = createLog({ level: settings.LOG_LEVEL, base: { app: 'worker' } });
  const worker = await startWorker(settings, { log });
  closeWithGrace(
    { delay: settings.SHUTDOWN_TIMEOUT_MS, logger: false },
    async ({ err, signal }) => {
      if (err) log.fatal({ err }, 'The worker stops because of an error.');
      else log.info({ signal }, 'The worker stops.');
      await worker.stop();
    },
  );
}

main().catch((error: unknown) => {
  process.stderr.write(
    error instanceof SettingError
      ? `${error.message}\n`
      : `The worker could not start: ${describeError(error).message}\n`,
  );
  process.exitCode = 1;
});
