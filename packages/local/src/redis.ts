import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRedisServer } from './find-redis.ts';
import { type Guard, guardProcess } from './guard.ts';
import { keep, readKept, writeKept } from './kept-file.ts';
import { acquireLock, InUseError, type Lock } from './lock.ts';
import { findPort } from './ports.ts';
import { isAlive, processIdentity, signalProcess, waitUntilGone } from './processes.ts';

export interface RedisOptions {
  /** Belongs to this Redis alone. */
  directory: string;
  /** Another is taken when it is not free. */
  port?: number;
  /**
   * True: what is written survives a restart, and a password kept in the directory is asked for.
   * False, for tests: nothing is stored, no password, and the directory is gone after stop.
   */
  keep: boolean;
}

export interface LocalRedis {
  url: string;
  pid: number;
  /** Resolves when the server ends, asked or not. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

const START_MS_MAX = 15_000;
const START_TRIES_MAX = 5;

/**
 * Starts a Redis of its own on the loopback address.
 *
 * @throws when no server is on the PATH, or InUseError when one runs on this directory
 */
export async function startRedis(options: RedisOptions): Promise<LocalRedis> {
  const binary = findRedisServer();
  if (binary === undefined) throw new Error('There is no redis-server or valkey-server on PATH.');
  mkdirSync(options.directory, { recursive: true });
  const lock = await acquireLock(join(options.directory, 'lock'), options.directory);
  try {
    await endOrphan(options.directory);
    for (let tries = 1; ; tries++) {
      const port = await findPort([options.port]);
      const started = await tryStart(binary, options, port);
      if (typeof started !== 'string') return describe(options, port, lock, started);
      if (tries === START_TRIES_MAX || !/bind|in use/i.test(started)) throw new Error(started);
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Deletes the directory of a Redis that was not to be kept, when nobody runs it any more. */
export async function removeAbandonedRedis(directory: string): Promise<void> {
  let lock: Lock;
  try {
    lock = await acquireLock(join(directory, 'lock'), directory);
  } catch (error) {
    if (error instanceof InUseError) return;
    throw error;
  }
  await endOrphan(directory);
  rmSync(directory, { recursive: true, force: true });
  lock.release();
}

/** The running server, or why there is none. */
async function tryStart(
  binary: string,
  options: RedisOptions,
  port: number,
): Promise<ChildProcess | string> {
  const logFile = join(options.directory, 'redis.log');
  rmSync(logFile, { force: true });
  const child = spawn(binary, ['-'], {
    cwd: options.directory,
    // A session of its own: Ctrl-C in the terminal must reach the API before it reaches this.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  let failure = '';
  child.once('error', (error) => {
    failure = error.message;
  });
  child.stdin?.on('error', () => undefined);
  // On stdin, because arguments are seen by every user of the machine.
  child.stdin?.end(settings(options, port).join('\n'));
  const deadline = Date.now() + START_MS_MAX;
  while (failure === '' && child.exitCode === null && Date.now() < deadline) {
    if (child.signalCode !== null) break;
    // Its own log and not a ping, which another server on this port would answer as well.
    if (readKept(logFile)?.includes('Ready to accept connections')) return child;
    await sleep(20);
  }
  child.kill('SIGKILL');
  const log = readKept(logFile) ?? '';
  return `Redis did not start. ${failure}${log.trim().split('\n').slice(-3).join('\n')}`;
}

function settings(options: RedisOptions, port: number): string[] {
  const password = passwordOf(options);
  return [
    'bind 127.0.0.1',
    'protected-mode yes',
    `port ${port}`,
    'save ""',
    `appendonly ${options.keep ? 'yes' : 'no'}`,
    'maxmemory-policy noeviction',
    'logfile redis.log',
    ...(password === '' ? [] : [`requirepass ${password}`]),
    '',
  ];
}

function passwordOf(options: RedisOptions): string {
  if (!options.keep) return '';
  return keep(join(options.directory, 'password'), () => randomBytes(24).toString('base64url'));
}

function describe(
  options: RedisOptions,
  port: number,
  lock: Lock,
  child: ChildProcess,
): LocalRedis {
  const pid = child.pid ?? 0;
  writeKept(pidFile(options.directory), `${pid} ${processIdentity(pid)}`);
  const guard = guardProcess(pid, 'TERM');
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('exit', () => resolve());
  });
  // The id may be another process' soon after the exit.
  exited.then(() => guard.release());
  const password = passwordOf(options);
  const login = password === '' ? '' : `:${password}@`;
  let stopped: Promise<void> | undefined;
  return {
    url: `redis://${login}127.0.0.1:${port}`,
    pid,
    exited,
    stop: () => {
      stopped ??= stop(options, { pid, guard, lock });
      return stopped;
    },
  };
}

async function stop(
  options: RedisOptions,
  { pid, guard, lock }: { pid: number; guard: Guard; lock: Lock },
): Promise<void> {
  await end(pid);
  await guard.release();
  rmSync(pidFile(options.directory), { force: true });
  if (!options.keep) rmSync(options.directory, { recursive: true, force: true });
  lock.release();
}

async function end(pid: number): Promise<void> {
  // A server that was frozen by SIGSTOP does not see SIGTERM.
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isAlive(pid)) return;
    signalProcess(pid, signal);
    if (await waitUntilGone(pid, 5_000)) return;
  }
}

/** Ends the server that a killed process left on this directory. */
async function endOrphan(directory: string): Promise<void> {
  const noted = readKept(pidFile(directory));
  if (noted === undefined) return;
  const [pid, ...identity] = noted.split(' ');
  if (processIdentity(Number(pid)) === identity.join(' ')) await end(Number(pid));
  rmSync(pidFile(directory), { force: true });
}

function pidFile(directory: string): string {
  return join(directory, 'redis.pid');
}
