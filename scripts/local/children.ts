import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { guardProcess } from '@trellis/local/guard';
import type { Lifecycle } from './lifecycle.ts';

export interface ProgramOptions {
  /** For messages: "the API". */
  name: string;
  script: string;
  root: string;
  env: NodeJS.ProcessEnv;
  /** Restarts the program when one of its files changes. */
  watch: boolean;
}

const isWindows = process.platform === 'win32';

/** Longer than the programs' own time for open requests and running jobs. */
const STOP_MS_MAX = 40_000;
/** On Windows only Ctrl-C asks politely, and it reaches the children by itself. */
const WINDOWS_GRACE_MS = 5_000;

const running = new Set<ChildProcess>();

/** Starts a program of this repository with this Node; its output goes where this one's goes. */
export function startProgram(lifecycle: Lifecycle, options: ProgramOptions): void {
  const flags = options.watch ? ['--watch', '--watch-preserve-output'] : [];
  const child = spawn(process.execPath, [...flags, options.script], {
    cwd: options.root,
    env: options.env,
    stdio: ['ignore', 'inherit', 'inherit'],
    // A session of its own, so that Ctrl-C stops one program after the other.
    detached: !isWindows,
  });
  running.add(child);
  const guard = child.pid === undefined ? undefined : guardProcess(-child.pid, 'TERM');
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', (code, signal) => {
      running.delete(child);
      lifecycle.fail(`${options.name} ended (${signal ?? `exit code ${code}`}); stopping all.`);
      resolve();
    });
  });
  // The id may be another process' soon after the exit.
  exited.then(() => guard?.release());
  lifecycle.onClose(async () => {
    await stopProgram(options.name, child, exited);
    await guard?.release();
  });
}

/** For a user who does not want to wait. */
export function killPrograms(): void {
  for (const child of running) killGroup(child);
}

async function stopProgram(
  name: string,
  child: ChildProcess,
  exited: Promise<void>,
): Promise<void> {
  if (isWindows && (await endsWithin(exited, WINDOWS_GRACE_MS))) return;
  child.kill('SIGTERM');
  if (await endsWithin(exited, STOP_MS_MAX)) return;
  console.error(`${name} does not stop and is killed.`);
  killGroup(child);
  await exited;
}

async function endsWithin(exited: Promise<void>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = sleep(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([exited.then(() => true), timeout]);
  timer.abort();
  return ended;
}

/** With --watch the program is a child of the child; both are in one group. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(isWindows ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
