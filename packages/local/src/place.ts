import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, mkdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './binaries.ts';
import { readKept, writeKept } from './kept-file.ts';

/** Where a Postgres keeps its files, and the account it runs under. */
export interface Place {
  /** Holds the data, the log and the lock. */
  directory: string;
  account: Account;
  /** Whether data found here are to be deleted, because they belong to no directory any more. */
  isForeign: boolean;
  /** Where binaries go that the account cannot reach where they are. */
  copiesDirectory: string;
}

/** Folders that every account may enter, in order of preference. */
const SHARED_FOLDERS = ['/var/lib', '/var/tmp', '/tmp'];

/**
 * The place for the Postgres of `directory`. For an ordinary user that is the directory itself.
 * Postgres refuses to run as root, and the account that it runs under instead may be unable to
 * enter the directory, so for root the place is in a folder that every account may enter and the
 * directory keeps a pointer to it in the file `location`:
 *
 * - a directory that was moved takes its data along,
 * - one that was copied, or deleted and made again, starts with an empty place.
 */
export function findPlace(directory: string): Place {
  mkdirSync(directory, { recursive: true });
  if (process.getuid?.() !== 0) {
    const copiesDirectory = directory;
    return { directory, account: undefined, isForeign: false, copiesDirectory };
  }
  const home = realpathSync(directory);
  const shared = sharedDirectory();
  const noted = readKept(join(home, 'location'));
  const place = noted !== undefined && isOurs(home, noted) ? noted : ownPlace(home, shared);
  return {
    directory: place,
    account: accountOf(join(place, 'data')) ?? serverAccount(),
    isForeign: noted !== place,
    copiesDirectory: shared,
  };
}

/** Notes which directory and which place belong together, once the place is locked. */
export function claimPlace(directory: string, place: Place): void {
  if (place.account === undefined) return;
  const home = realpathSync(directory);
  writeKept(join(home, 'location'), place.directory);
  writeKept(join(place.directory, 'belongs-to'), home);
}

/** A place by the directory's name; not one that a directory took along when it was moved away. */
function ownPlace(home: string, shared: string): string {
  for (let count = 0; ; count++) {
    const hash = createHash('sha256').update(`${home}\0${count}`).digest('hex');
    const place = join(shared, hash.slice(0, 16));
    if (readKept(join(place, 'belongs-to')) === undefined || isOurs(home, place)) return place;
  }
}

/** Whether the place is this directory's, or was another's that has left it behind. */
function isOurs(home: string, place: string): boolean {
  const owner = readKept(join(place, 'belongs-to'));
  if (owner === undefined) return false;
  return owner === home || readKept(join(owner, 'location')) !== place;
}

function sharedDirectory(): string {
  for (const folder of SHARED_FOLDERS) {
    const shared = join(folder, 'trellis');
    if (!canMake(shared)) continue;
    chmodSync(shared, 0o755);
    return shared;
  }
  throw new Error(`Postgres needs a writable folder: one of ${SHARED_FOLDERS.join(', ')}.`);
}

/** A folder of that name that somebody else made is not to be trusted with a database. */
function canMake(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return statSync(folder).uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** Data are served by the account that owns them, whatever accounts came or went since. */
function accountOf(dataDirectory: string): Account {
  const stats = statSync(dataDirectory, { throwIfNoEntry: false });
  return stats === undefined || stats.uid === 0 ? undefined : { uid: stats.uid, gid: stats.gid };
}

/** An account that every system has is taken where there is none for Postgres; none is made. */
function serverAccount(): NonNullable<Account> {
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('Postgres does not run as root and there is no user postgres or nobody.');
}

function idOf(option: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(execFileSync('id', [option, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}
