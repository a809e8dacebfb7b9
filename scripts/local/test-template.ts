import { migrate } from '@trellis/db/migrate';
import postgres, { type Sql } from 'postgres';

/**
 * Makes a migrated database for test files to clone, which takes a fraction of the time that
 * migrating takes. Nobody can connect to it, because one connection would make cloning fail.
 */
export async function prepareTemplate(
  ownerUrl: string,
  appUrl: string,
  name: string,
): Promise<void> {
  await asOwner(ownerUrl, async (sql) => {
    await sql.unsafe(`DROP DATABASE IF EXISTS ${name}`);
    await sql.unsafe(`CREATE DATABASE ${name}`);
  });
  await migrate({
    ownerUrl: inDatabase(ownerUrl, name),
    appUrl: inDatabase(appUrl, name),
    log: () => undefined,
  });
  await asOwner(ownerUrl, async (sql) => {
    await sql.unsafe(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    // Who drops a database by force ends its connections, and may end those of its own roles only.
    await sql.unsafe(
      `GRANT "${decodeURIComponent(new URL(appUrl).username)}" TO CURRENT_USER WITH INHERIT TRUE`,
    );
  });
}

export async function dropTemplate(ownerUrl: string, name: string): Promise<void> {
  await asOwner(ownerUrl, async (sql) => {
    await sql.unsafe(`DROP DATABASE IF EXISTS ${name}`);
  });
}

async function asOwner(ownerUrl: string, work: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function inDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
