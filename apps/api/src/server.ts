import { loadSettings, SettingError } from '@trellis/config/load-settings';
import { type ApiSettings, apiSettings } from '@trellis/config/settings';
import { describeError } from '@trellis/core/describe-error';
import closeWithGrace from 'close-with-grace';
import { buildApp } from './app.ts';

/** Longer than busy clients leave a kept connection alone. */
const quietMs = 1_000;

/** Starts the API, and ends it on a signal once every accepted request has its answer. */
async function main(): Promise<void> {
  const settings = loadSettings(apiSettings, process.env);
  const app = await buildApp(settings, {
    logger: { level: settings.LOG_LEVEL, base: { app: 'api' } },
    quietMs,
  });
  const grace = closeWithGrace(
    { delay: settings.SHUTDOWN_TIMEOUT_MS, logger: false },
    async ({ err, signal }) => {
      if (err) app.log.fatal({ err }, 'The API stops because of an error.');
      else app.log.info({ signal }, 'The API stops.');
      await app.close();
    },
  );
  try {
    await app.listen({ host: settings.HOST, port: settings.PORT });
  } catch (error) {
    // It would take the end of the process for a proper one, with status 0.
    grace.uninstall();
    await app.close();
    throw new SettingError(cannotListen(settings, error as NodeJS.ErrnoException), error);
  }
}

function cannotListen(settings: ApiSettings, { code, message }: NodeJS.ErrnoException): string {
  const { HOST, PORT } = settings;
  return `HOST and PORT: the API cannot listen on ${HOST}, port ${PORT} (${code ?? message}).`;
}

main().catch((error: unknown) => {
  process.stderr.write(
    error instanceof SettingError
      ? `${error.message}\n`
      : `The API could not start: ${describeError(error).stack}\n`,
  );
  process.exitCode = 1;
});
