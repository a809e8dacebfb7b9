import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { findRedisServer } from '@trellis/local/find-redis';
import { installRedisServer } from '@trellis/local/install-redis';
import { startPostgres } from '@trellis/local/postgres';
import { startRedis } from '@trellis/local/redis';
import type { Lifecycle } from './lifecycle.ts';
import { dropTemplate, prepareTemplate } from './test-template.ts';

interface Urls {
  ownerUrl: string;
  appUrl: string;
}

const NO_REDIS = 'no REDIS_URL, no redis-server or valkey-server on the PATH, none installable';

/** Starts what the tests run against, and says where it is in the variables that they read. */
export async function startTestServices(
  lifecycle: Lifecycle,
  runDirectory: string,
): Promise<NodeJS.ProcessEnv> {
  const redisUrl = await testRedis(lifecycle, runDirectory);
  lifecycle.signal.throwIfAborted();
  const { urls, template } = await testDatabase(lifecycle, runDirectory);
  lifecycle.signal.throwIfAborted();
  await prepareTemplate(urls.ownerUrl, urls.appUrl, template);
  return {
    TEST_OWNER_URL: urls.ownerUrl,
    TEST_APP_URL: urls.appUrl,
    TEST_TEMPLATE_DATABASE: template,
    ...(redisUrl === undefined ? {} : { TEST_REDIS_URL: redisUrl }),
  };
}

async function testDatabase(
  lifecycle: Lifecycle,
  runDirectory: string,
): Promise<{ urls: Urls; template: string }> {
  const ownerUrl = process.env.TEST_DATABASE_OWNER_URL;
  if (ownerUrl) {
    // Another run may use the same server at the same time.
    const template = `trellis_template_${process.pid}`;
    lifecycle.onClose(() => dropTemplate(ownerUrl, template));
    return { urls: { ownerUrl, appUrl: appUrlBeside(ownerUrl) }, template };
  }
  const postgres = await startPostgres({ directory: join(runDirectory, 'postgres'), keep: false });
  lifecycle.onClose(() => postgres.stop());
  return { urls: postgres, template: 'trellis_template' };
}

/** The role outlives the run on a server that is not ours, so its password is always the same. */
function appUrlBeside(ownerUrl: string): string {
  if (process.env.TEST_DATABASE_APP_URL) return process.env.TEST_DATABASE_APP_URL;
  const url = new URL(ownerUrl);
  url.username = 'trellis_test';
  url.password = createHash('sha256').update(`trellis_test ${ownerUrl}`).digest('hex');
  return url.href;
}

async function testRedis(lifecycle: Lifecycle, runDirectory: string): Promise<string | undefined> {
  if (process.env.REDIS_URL) return process.env.REDIS_URL;
  if (findRedisServer() === undefined && !(await installRedisServer())) {
    if (['true', '1'].includes(process.env.CI ?? '')) throw new Error(`CI=true, but ${NO_REDIS}.`);
    console.log(`!!! THE REDIS SUITES ARE SKIPPED: ${NO_REDIS} !!!`);
    return undefined;
  }
  const redis = await startRedis({ directory: join(runDirectory, 'redis'), keep: false });
  lifecycle.onClose(() => redis.stop());
  return redis.url;
}
