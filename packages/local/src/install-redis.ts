import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findRedisServer } from './find-redis.ts';

/** A mirror that does not answer must not hold up the tests. */
const APT_OPTIONS = ['-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::Retries=1'];
const STEP_MS_MAX = 180_000;

/**
 * Installs Redis where that needs no question: on Debian and its relatives, as root.
 *
 * @returns whether a server is on the PATH now
 */
export async function installRedisServer(): Promise<boolean> {
  if (findRedisServer() !== undefined) return true;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  const install = ['install', '-y', '--no-install-recommends', 'redis-server'];
  // An update fails when one of several sources does; the install decides.
  await aptGet(['update']);
  return (await aptGet(install)) && findRedisServer() !== undefined;
}

function aptGet(args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('apt-get', [...APT_OPTIONS, '-q', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: 'ignore',
      timeout: STEP_MS_MAX,
    });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
