import { spawn } from 'node:child_process';

export interface Guard {
  /** Resolves when the guard has ended too, so that the caller leaves nothing behind. */
  release(): Promise<void>;
}

/**
 * Waits for a line on stdin. The end of the pipe without one means that this process died, even
 * by SIGKILL, and then the watched one is told to end.
 */
const SCRIPT = 'read -r line; [ "$line" = released ] || kill -s "$2" -- "$1" 2>/dev/null';

/**
 * Ends process `pid` (or, when negative, the group of that process) with `signal` should this process die without releasing the guard, so that a
 * killed `start` or `test` leaves no server behind. Costs one sleeping shell; does nothing on
 * Windows, where the next start finds and ends what was left.
 */
export function guardProcess(pid: number, signal: 'INT' | 'TERM'): Guard {
  if (process.platform === 'win32') return { release: async () => undefined };
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'guard', String(pid), signal], {
    // A session of its own, because Ctrl-C in the terminal would end the guard first.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    // Without a shell there is no guard, which is no reason not to run.
    shell.once('error', () => resolve());
  });
  shell.stdin.on('error', () => undefined);
  shell.unref();
  const release = () => {
    shell.ref();
    if (!shell.stdin.writableEnded) shell.stdin.end('released\n');
    return ended;
  };
  return { release };
}
