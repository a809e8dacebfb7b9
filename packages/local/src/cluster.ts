import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Account, Binaries } from './binaries.ts';
import { serverEnv } from './postmaster.ts';

export interface ClusterOptions {
  directory: string;
  account: Account;
  binaries: Binaries;
  superuserPassword: string;
  /** Whether the data are to survive a crash of the machine. */
  keep: boolean;
  log?: ((line: string) => void) | undefined;
}

const SETTINGS_FILE = 'trellis.conf';

/** A test's data are thrown away, so a crash may cost them. */
const FAST_AND_LOOSE = ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off'];

/**
 * Makes the data directory `data` below `directory` when there is none yet; in a folder of another
 * name first, so that an interrupted initdb leaves nothing that looks finished.
 *
 * @returns the path of the data directory
 */
export async function initialise(options: ClusterOptions): Promise<string> {
  const data = join(options.directory, 'data');
  if (existsSync(data)) return data;
  options.log?.('Creating a Postgres data directory (once, a few seconds).');
  const unfinished = join(options.directory, 'data.unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  makeFor(options.account, unfinished);

  const passwordFile = join(options.directory, 'initdb-password');
  try {
    writeFileSync(passwordFile, options.superuserPassword, { mode: 0o600 });
    giveTo(options.account, passwordFile);
    await runInitdb(options, unfinished, passwordFile);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  appendFileSync(join(unfinished, 'postgresql.conf'), `\ninclude '${SETTINGS_FILE}'\n`);
  renameSync(unfinished, data);
  return data;
}

/** Writes the settings that the next start reads. */
export function configure(data: string, port: number, keep: boolean, account: Account): void {
  const settings = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    // No socket file: its path may be longer than the system allows.
    "unix_socket_directories = ''",
    'max_connections = 300',
    'shared_buffers = 128MB',
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    ...(keep ? [] : FAST_AND_LOOSE),
  ];
  const path = join(data, SETTINGS_FILE);
  writeFileSync(path, `${settings.join('\n')}\n`, { mode: 0o600 });
  giveTo(account, path);
}

/** Makes a folder that only the account may enter. */
export function makeFor(account: Account, directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  giveTo(account, directory);
}

function giveTo(account: Account, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

async function runInitdb(
  { directory, account, binaries, keep }: ClusterOptions,
  data: string,
  passwordFile: string,
): Promise<void> {
  const args = [
    ...['-D', data, '-U', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    // The built-in provider sorts alike on every system, whatever locales are installed.
    ...['--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...['--no-locale', '--no-instructions'],
    ...(keep ? [] : ['--no-sync']),
  ];
  const options = { ...account, cwd: directory, env: serverEnv() };
  await promisify(execFile)(binaries.initdb, args, options);
}
