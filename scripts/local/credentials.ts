import { join } from 'node:path';
import { readKept, writeKept } from '@trellis/local/kept-file';

/** What the first start made, and what a later one cannot read back from the database. */
export interface Credentials {
  admin?: { email: string; password: string };
  demo?: { email: string; password: string; tenant: string };
}

/**
 * Keeps the credentials of each database, and resolves to those of this one: the ones made just
 * now, else the ones that were kept.
 *
 * @param database a name for the database that stays the same
 */
export function keepCredentials(
  localDirectory: string,
  database: string,
  made: Credentials,
): Credentials {
  const path = join(localDirectory, 'credentials.json');
  const kept = JSON.parse(readKept(path) ?? '{}') as Record<string, Credentials>;
  const credentials = { ...kept[database], ...made };
  if (Object.keys(made).length > 0) {
    writeKept(path, `${JSON.stringify({ ...kept, [database]: credentials }, null, 2)}\n`);
  }
  return credentials;
}
