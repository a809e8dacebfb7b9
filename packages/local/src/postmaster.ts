import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Account, Binaries } from './binaries.ts';
import { type Guard, guardProcess } from './guard.ts';
import { readKept } from './kept-file.ts';
import { isAlive, isPostmasterOf, signalProcess, waitUntilGone } from './processes.ts';

export interface PostmasterFiles {
  data: string;
  log: string;
  account: Account;
  binaries: Binaries;
}

export interface Postmaster {
  pid: number;
  /** Resolves when the server ends, asked or not. Never on Windows, where it is nobody's child. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/** A server that has a crash to recover from may take this long until it is ready. */
const START_MS_MAX = 60_000;

/** SIGINT is Postgres' fast shutdown, SIGQUIT its immediate one. */
const STOP_STEPS: readonly [NodeJS.Signals, number][] = [
  ['SIGINT', 15_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];

/** @throws with the end of the server's log when it does not come up */
export async function startPostmaster(files: PostmasterFiles): Promise<Postmaster> {
  // The server refuses an administrator's account on Windows; pg_ctl knows how to shed it.
  if (process.platform === 'win32') return await startWithPgCtl(files);
  const log = openSync(files.log, 'w', 0o600);
  const child = spawn(files.binaries.postgres, ['-D', files.data], {
    ...files.account,
    cwd: files.data,
    env: serverEnv(),
    // A session of its own: Ctrl-C in the terminal must reach the API before it reaches this.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  if (child.pid === undefined || !(await becomesReady(child, child.pid, files.data))) {
    if (child.pid !== undefined) await endPostmaster(child.pid);
    throw new Error(`Postgres did not start. The end of its log:\n${logTail(files.log)}`);
  }
  return ownedPostmaster(child.pid, exited, guardProcess(child.pid, 'INT'));
}

/**
 * Ends the server that a killed process left on this data directory, and removes the pid file
 * that would keep the next one from starting.
 */
export async function endOrphan(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const pid = Number(readKept(pidFile)?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (isPostmasterOf(pid, data)) await endPostmaster(pid);
  rmSync(pidFile, { force: true });
}

/** Every variable that Postgres would read as a setting is taken out. */
export function serverEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

function ownedPostmaster(pid: number, exited: Promise<void>, guard: Guard): Postmaster {
  // The id may be another process' soon after the exit.
  exited.then(() => guard.release());
  const stop = async () => {
    await endPostmaster(pid);
    await guard.release();
  };
  return { pid, exited, stop };
}

async function becomesReady(child: ChildProcess, pid: number, data: string): Promise<boolean> {
  const deadline = Date.now() + START_MS_MAX;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const lines = readKept(join(data, 'postmaster.pid'))?.split('\n') ?? [];
    // The eighth line is the server's state, the way pg_ctl reads it.
    if (Number(lines[0]) === pid && lines[7]?.trim() === 'ready') return true;
    await sleep(20);
  }
  return false;
}

async function endPostmaster(pid: number): Promise<void> {
  for (const [signal, timeoutMs] of STOP_STEPS) {
    if (!isAlive(pid)) return;
    signalProcess(pid, signal);
    if (await waitUntilGone(pid, timeoutMs)) return;
  }
  throw new Error(`Postgres (process ${pid}) does not stop.`);
}

async function startWithPgCtl(files: PostmasterFiles): Promise<Postmaster> {
  const pgCtl = (args: string[]) =>
    promisify(execFile)(files.binaries.pgCtl, [...args, '-D', files.data], { env: serverEnv() });
  await pgCtl(['start', '-w', '-t', String(START_MS_MAX / 1000), '-l', files.log]);
  const pid = Number(readKept(join(files.data, 'postmaster.pid'))?.split('\n')[0]);
  const stop = async () => {
    await pgCtl(['stop', '-w', '-m', 'fast']);
  };
  return { pid, exited: new Promise(() => undefined), stop };
}

function logTail(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').slice(-8).join('\n');
}
