import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import type { Test } from 'tap';
import { collectEvidence, evidenceFile } from './evidence.ts';

export interface TestDatabase {
  ownerUrl: string;
  appUrl: string;
}

/** What `pnpm test` provides; a test file cannot run without it. */
export function testSetting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run the tests with \`pnpm test [files]\``);
  return value;
}

/**
 * A database of its own, copied from the migrated template and dropped when the test ends, and the
 * files of the installation that works on it.
 */
export async function createTestDatabase(t: Pick<Test, 'teardown'>): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const appUrl = appUrlOf(name);
  const owner = new URL(testSetting('TEST_OWNER_URL'));
  owner.pathname = '/postgres';
  const admin = postgres(owner.href, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name} template ${testSetting('TEST_TEMPLATE_DATABASE')}`);
  t.teardown(async () => {
    try {
      await rm(filesFolderOf({ appUrl }), { recursive: true, force: true, maxRetries: 5 });
      await keepAudit(appUrl);
      await dropDatabase(admin, name);
    } finally {
      await admin.end();
    }
  });
  return { ownerUrl: withDatabase(owner, name), appUrl };
}

/** Where an installation on this database keeps its files, unless told otherwise. */
export function filesFolderOf({ appUrl }: Pick<TestDatabase, 'appUrl'>): string {
  return join(tmpdir(), 'trellis-files', new URL(appUrl).pathname.slice(1));
}

/** Keeps what the audit trail holds, when the whole suite is run. */
async function keepAudit(url: string): Promise<void> {
  if (!evidenceFile('audit')) return;
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const rows = await sql.begin(async (tx) => {
      await tx`set local role trellis_system`;
      return tx<{ entry: string }[]>`select to_jsonb(a)::text as entry from audit_logs a`;
    });
    collectEvidence(
      'audit',
      rows.map(({ entry }) => entry),
    );
  } catch {
    // The test took the table, the role or the server away; it has no trail then.
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Tried again, because nobody but a superuser may end a vacuum that has just begun in it. */
async function dropDatabase(admin: Sql, name: string): Promise<void> {
  for (let triesLeft = 20; ; triesLeft--) {
    try {
      await admin.unsafe(`drop database if exists ${name} with (force)`);
      return;
    } catch (error) {
      if (triesLeft === 0) throw error;
      await wait(250);
    }
  }
}

function appUrlOf(name: string): string {
  return withDatabase(new URL(testSetting('TEST_APP_URL')), name);
}

function withDatabase(url: URL, name: string): string {
  const copy = new URL(url);
  copy.pathname = `/${name}`;
  return copy.href;
}
