import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './binaries.ts';
import { configure, initialise, makeFor } from './cluster.ts';
import { keep, readKept, writeKept } from './kept-file.ts';
import { acquireLock, InUseError, type Lock } from './lock.ts';
import { claimPlace, findPlace, type Place } from './place.ts';
import { findPort } from './ports.ts';
import { endOrphan, type Postmaster, type PostmasterFiles, startPostmaster } from './postmaster.ts';
import { DATABASE, isWrongPassword, OWNER_ROLE, prepareDatabase } from './roles.ts';

export interface PostgresOptions {
  /** Belongs to this Postgres alone; passwords and, except for root, the data are kept in it. */
  directory: string;
  /** Preferred over the remembered one; another is taken when it is not free. */
  port?: number;
  /** False for tests: fast, unsafe settings, and nothing is left after stop. */
  keep: boolean;
  log?: (line: string) => void;
}

export interface LocalPostgres {
  /** Role that owns the database, may create roles and databases, and is no superuser. */
  ownerUrl: string;
  /** For the login role `trellis`, which the first migration creates with this password. */
  appUrl: string;
  port: number;
  pid: number;
  /** Resolves when the server ends, asked or not. Never on Windows. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

const DEFAULT_PORT = 54_329;

/** A port may be taken between looking and binding, and a killed server's memory be still held. */
const START_TRIES_MAX = 5;

/**
 * Starts a Postgres of its own for `directory`: initdb the first time, and after a crash whatever
 * is needed to go on with the data.
 *
 * @throws InUseError when a live process runs one on this directory
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const place = findPlace(options.directory);
  makeFor(place.account, place.directory);
  const lock = await acquireLock(join(place.directory, 'lock'), options.directory);
  try {
    return await startLocked(options, place, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Deletes the directory of a Postgres that was not to be kept, when nobody runs it any more. */
export async function removeAbandoned(directory: string): Promise<void> {
  const place = findPlace(directory);
  let lock: Lock;
  try {
    lock = await acquireLock(join(place.directory, 'lock'), directory);
  } catch (error) {
    if (error instanceof InUseError) return;
    throw error;
  }
  await endOrphan(join(place.directory, 'data'));
  removeBoth(directory, place, lock);
}

async function startLocked(
  options: PostgresOptions,
  place: Place,
  lock: Lock,
): Promise<LocalPostgres> {
  await endOrphan(join(place.directory, 'data'));
  if (place.isForeign || !options.keep) {
    rmSync(join(place.directory, 'data'), { recursive: true, force: true });
  }
  claimPlace(options.directory, place);

  const passwords = keptPasswords(options.directory);
  const { account } = place;
  const binaries = findBinaries(account, place.copiesDirectory);
  const superuserPassword = passwords.superuser;
  const data = await initialise({
    directory: place.directory,
    account,
    binaries,
    superuserPassword,
    keep: options.keep,
    log: options.log,
  });
  const files = { data, log: join(place.directory, 'postgres.log'), account, binaries };
  const { postmaster, port } = await startOnFreePort(options, files);
  try {
    await prepareDatabase({ port, superuserPassword, ownerPassword: passwords.owner });
  } catch (error) {
    await postmaster.stop();
    if (!isWrongPassword(error)) throw error;
    const advice = `delete ${options.directory} to start afresh`;
    throw new Error(`The kept passwords are not those of the data; ${advice}.`, { cause: error });
  }
  return describe(options, place, lock, { postmaster, port, passwords });
}

async function startOnFreePort(
  options: PostgresOptions,
  files: PostmasterFiles,
): Promise<{ postmaster: Postmaster; port: number }> {
  const portFile = join(options.directory, 'port');
  const remembered = Number(readKept(portFile)) || DEFAULT_PORT;
  for (let tries = 1; ; tries++) {
    const port = await findPort(options.keep ? [options.port, remembered] : [options.port]);
    configure(files.data, port, options.keep, files.account);
    try {
      const postmaster = await startPostmaster(files);
      writeKept(portFile, String(port));
      return { postmaster, port };
    } catch (error) {
      if (tries === START_TRIES_MAX || !isPassing(error)) throw error;
      await sleep(200 * tries);
    }
  }
}

/** Whether the next try may well succeed. */
function isPassing(error: unknown): boolean {
  return /could not bind|could not create any TCP|still in use/.test(String(error));
}

interface Started {
  postmaster: Postmaster;
  port: number;
  passwords: Passwords;
}

function describe(
  options: PostgresOptions,
  place: Place,
  lock: Lock,
  { postmaster, port, passwords }: Started,
): LocalPostgres {
  const stop = async () => {
    await postmaster.stop();
    if (options.keep) lock.release();
    else removeBoth(options.directory, place, lock);
  };
  let stopped: Promise<void> | undefined;
  return {
    ownerUrl: `postgres://${OWNER_ROLE}:${passwords.owner}@127.0.0.1:${port}/${DATABASE}`,
    appUrl: `postgres://trellis:${passwords.app}@127.0.0.1:${port}/${DATABASE}`,
    port,
    pid: postmaster.pid,
    exited: postmaster.exited,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function removeBoth(directory: string, place: Place, lock: Lock): void {
  // Deleting may meet a file that the dying server is just writing.
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
  rmSync(place.directory, options);
  rmSync(directory, options);
  lock.release();
}

interface Passwords {
  superuser: string;
  owner: string;
  app: string;
}

function keptPasswords(directory: string): Passwords {
  const make = () => randomBytes(24).toString('base64url');
  const made = () => JSON.stringify({ superuser: make(), owner: make(), app: make() });
  return JSON.parse(keep(join(directory, 'passwords.json'), made)) as Passwords;
}
