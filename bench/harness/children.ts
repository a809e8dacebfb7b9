import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardProcess } from '@trellis/local/guard';
import type { Lifecycle } from '../../scripts/local/lifecycle.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program of its own process. Messages are answered one at a time, in order. */
export interface Child {
  pid: number;
  ask<Reply>(message: unknown): Promise<Reply>;
}

const running = new Set<ChildProcess>();
const STOP_MS_MAX = 15_000;

/** For a user who does not want to wait. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

const profiledScripts = ['apps/api/src/server.ts', 'apps/worker/src/worker.ts'];

/** Where the programs of Trellis leave a CPU profile each when they end; without it they do not. */
function profilerArgs(script: string): string[] {
  const { BENCH_PROFILES } = process.env;
  if (!BENCH_PROFILES || !profiledScripts.includes(script)) return [];
  return ['--cpu-prof', '--cpu-prof-dir', BENCH_PROFILES, '--cpu-prof-interval', '200'];
}

/**
 * Starts a program of this repository with this Node, ended when the bench ends.
 *
 * @param script relative to the root of the repository
 */
export function startChild(
  lifecycle: Lifecycle,
  script: string,
  env: NodeJS.ProcessEnv = {},
): Child {
  const child = fork(join(root, script), {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execArgv: profilerArgs(script),
    // Ctrl-C reaches the bench alone, which then ends its children one after the other.
    detached: process.platform !== 'win32',
  });
  running.add(child);
  const pid = child.pid ?? 0;
  const guard = guardProcess(pid, 'TERM');
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      lifecycle.fail(`${script} ended (${signal ?? `exit code ${code}`}).`);
      resolve();
    });
  });
  exited.then(() => guard.release());
  lifecycle.onClose(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await exited;
    clearTimeout(timer);
    await guard.release();
  });
  return { pid, ask: (message) => ask(lifecycle, child, message) };
}

function ask<Reply>(lifecycle: Lifecycle, child: ChildProcess, message: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      child.off('message', answered);
      lifecycle.signal.removeEventListener('abort', aborted);
      act();
    };
    const answered = (reply: unknown) => end(() => resolve(reply as Reply));
    const aborted = () => end(() => reject(new Error('the bench was ended')));
    child.once('message', answered);
    lifecycle.signal.addEventListener('abort', aborted);
    child.send(message as object);
  });
}
