import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import type { Lifecycle } from '../../scripts/local/lifecycle.ts';
import { startServices } from '../../scripts/local/services.ts';
import { root } from './children.ts';

export interface BenchServices {
  ownerUrl: string;
  appUrl: string;
  redisUrl: string | undefined;
}

/**
 * A database of its own on the Postgres that DATABASE_URL names, else on an embedded one with its
 * usual, durable settings; and Redis where there is one.
 */
export async function startBenchServices(lifecycle: Lifecycle): Promise<BenchServices> {
  const services = await startServices(lifecycle, join(root, '.local', 'bench'));
  const name = `trellis_bench_${randomBytes(4).toString('hex')}`;
  const ownerUrl = services.DATABASE_OWNER_URL ?? '';
  const admin = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${name}`);
  lifecycle.onClose(async () => {
    await dropDatabase(admin, name);
    await admin.end({ timeout: 5 });
  });
  return {
    ownerUrl: inDatabase(ownerUrl, name),
    appUrl: inDatabase(services.DATABASE_URL ?? '', name),
    redisUrl: services.REDIS_URL,
  };
}

/** A vacuum that runs just then is the server's own and cannot be ended: it is waited for. */
async function dropDatabase(admin: Sql, name: string): Promise<void> {
  for (let triesLeft = 5; ; triesLeft--) {
    try {
      await admin.unsafe(`drop database if exists ${name} with (force)`);
      return;
    } catch (error) {
      if (triesLeft === 0) throw error;
      await sleep(1_000);
    }
  }
}

function inDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
