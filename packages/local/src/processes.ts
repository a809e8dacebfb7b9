import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process with this id runs. A zombie does not: nothing of it is left but its number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return procStat(pid)?.[0] !== 'Z';
}

/**
 * What tells a process from a later one that got the same id: the boot and the moment of its
 * start. Process ids come back soon in containers, where a restarted service often has the id it
 * had before. Empty where the system does not tell.
 */
export function processIdentity(pid: number): string {
  const startedAt = procStat(pid)?.[19];
  if (startedAt !== undefined) return `${bootId()}/${startedAt}`;
  return process.platform === 'win32' ? '' : ps(pid, 'lstart=');
}

/** Whether `pid` is a Postgres server that runs on this data directory. */
export function isPostmasterOf(pid: number, dataDirectory: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') return workingDirectory(pid) === realpathSync(dataDirectory);
  if (process.platform === 'win32') return taskName(pid).startsWith('postgres');
  return commandOf(pid).includes(dataDirectory);
}

/** The parent's id; 0 where there is none, or where the system does not tell. */
export function parentOf(pid: number): number {
  return Number(procStat(pid)?.[1] ?? (process.platform === 'win32' ? 0 : ps(pid, 'ppid=')));
}

/** The command line, empty where the system does not tell. */
export function commandOf(pid: number): string {
  if (process.platform !== 'linux') return process.platform === 'win32' ? '' : ps(pid, 'command=');
  return (readIfThere(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
}

/** Resolves to whether the process was gone before `timeoutMs` had passed. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

/** Signals a process that may be gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** The fields of /proc/<pid>/stat from the third on (state first), where there is a /proc. */
function procStat(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function bootId(): string {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string {
  return runQuietly('ps', ['-o', column, '-p', String(pid)]);
}

function taskName(pid: number): string {
  return runQuietly('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']).replace(/^"/, '');
}

function runQuietly(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
