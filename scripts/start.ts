import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from '../apps/api/src/setup.ts';
import { announcement } from './local/announce.ts';
import { killPrograms, startProgram } from './local/children.ts';
import { keepCredentials } from './local/credentials.ts';
import { createLifecycle, describeError, type Lifecycle } from './local/lifecycle.ts';
import { untilReady } from './local/ready.ts';
import { mailSettings, startServices } from './local/services.ts';
import { findAddresses, loadEnvFile, localDefaults } from './local/settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const localDirectory = join(root, '.local');

async function start(lifecycle: Lifecycle, watch: boolean): Promise<void> {
  loadEnvFile(root);
  const services = await startServices(lifecycle, localDirectory);
  const addresses = await findAddresses();
  const mail = await mailSettings(lifecycle);
  lifecycle.signal.throwIfAborted();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...localDefaults(localDirectory),
    ...services,
    ...mail.env,
    PORT: String(addresses.port),
    WORKER_PORT: String(addresses.workerPort),
    PUBLIC_URL: process.env.PUBLIC_URL || addresses.apiUrl,
  };
  const made = await setUp({ env, demo: true });
  const credentials = keepCredentials(localDirectory, databaseName(env), made);
  lifecycle.signal.throwIfAborted();

  // Only migrations need the owner, and what serves requests is not to have it.
  const { DATABASE_OWNER_URL: _, ...programEnv } = env;
  const common = { root, env: programEnv, watch };
  // Closed in reverse: the API, which gives the worker its jobs, ends first.
  startProgram(lifecycle, { ...common, name: 'The worker', script: 'apps/worker/src/worker.ts' });
  startProgram(lifecycle, { ...common, name: 'The API', script: 'apps/api/src/server.ts' });
  await untilReady(`${addresses.apiUrl}/health/ready`, lifecycle.signal, watch);
  const { apiUrl } = addresses;
  console.log(announcement({ apiUrl, mailUrl: mail.mailUrl, credentials }));
  await lifecycle.ended;
}

/** The embedded database may be on another port each time. */
function databaseName(env: NodeJS.ProcessEnv): string {
  if (!process.env.DATABASE_URL) return 'embedded';
  const { host, pathname } = new URL(env.DATABASE_URL ?? '');
  return `${host}${pathname}`;
}

const { values } = parseArgs({ options: { watch: { type: 'boolean', default: false } } });
const lifecycle = createLifecycle(killPrograms);
try {
  await start(lifecycle, values.watch);
} catch (error) {
  if (!lifecycle.signal.aborted) {
    console.error(`Trellis did not start: ${describeError(error)}`);
    process.exitCode = 1;
  }
} finally {
  await lifecycle.close();
}
process.exit();
