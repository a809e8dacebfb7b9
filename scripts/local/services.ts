import { join } from 'node:path';
import { findRedisServer } from '@trellis/local/find-redis';
import { startMailCatcher } from '@trellis/local/mail/mail-catcher';
import { startPostgres } from '@trellis/local/postgres';
import { startRedis } from '@trellis/local/redis';
import { describeError, type Lifecycle } from './lifecycle.ts';
import { findMailPort } from './settings.ts';

/** The databases that the platform uses: those that are given, else ones of this checkout. */
export async function startServices(
  lifecycle: Lifecycle,
  localDirectory: string,
): Promise<NodeJS.ProcessEnv> {
  const database = await databaseSettings(lifecycle, localDirectory);
  lifecycle.signal.throwIfAborted();
  return { ...database, ...(await redisSettings(lifecycle, localDirectory)) };
}

async function databaseSettings(
  lifecycle: Lifecycle,
  localDirectory: string,
): Promise<NodeJS.ProcessEnv> {
  const { DATABASE_URL, DATABASE_OWNER_URL } = process.env;
  if (DATABASE_URL) {
    // The owner of the tables must not serve requests: row-level security would not bind it.
    if (!DATABASE_OWNER_URL) {
      throw new Error(
        'DATABASE_URL is set: set DATABASE_OWNER_URL too, to the role that migrates.',
      );
    }
    return { DATABASE_URL, DATABASE_OWNER_URL };
  }
  const postgres = await startPostgres({
    directory: join(localDirectory, 'postgres'),
    keep: true,
    log: console.log,
  });
  lifecycle.onClose(() => postgres.stop());
  postgres.exited.then(() => lifecycle.fail('Postgres ended; stopping everything.'));
  return { DATABASE_URL: postgres.appUrl, DATABASE_OWNER_URL: postgres.ownerUrl };
}

async function redisSettings(
  lifecycle: Lifecycle,
  localDirectory: string,
): Promise<NodeJS.ProcessEnv> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { REDIS_URL };
  if (findRedisServer() === undefined) {
    console.log('No Redis here: the platform runs on Postgres alone, as one API process.');
    return {};
  }
  try {
    const redis = await startRedis({ directory: join(localDirectory, 'redis'), keep: true });
    lifecycle.onClose(() => redis.stop());
    redis.exited.then(() => {
      if (!lifecycle.signal.aborted) console.error('Redis ended; the platform goes on without.');
    });
    return { REDIS_URL: redis.url };
  } catch (error) {
    const reason = describeError(error);
    console.log(`No Redis (${reason}): the platform runs on Postgres alone, as one API process.`);
    return {};
  }
}

/** The mail server that is given, else one that keeps the mail here and shows it at `mailUrl`. */
export async function mailSettings(
  lifecycle: Lifecycle,
): Promise<{ env: NodeJS.ProcessEnv; mailUrl?: string }> {
  const { SMTP_URL } = process.env;
  if (SMTP_URL) return { env: { SMTP_URL } };
  const catcher = await startMailCatcher({ port: await findMailPort() });
  lifecycle.onClose(() => catcher.stop());
  return { env: { SMTP_URL: catcher.smtpUrl }, mailUrl: catcher.pageUrl };
}
