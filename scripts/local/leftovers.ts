import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeAbandoned } from '@trellis/local/postgres';
import { commandOf, isAlive } from '@trellis/local/processes';
import { removeAbandonedRedis } from '@trellis/local/redis';

/** Every process of a test run inherits this variable, so that a forgotten one can be found. */
export const RUN_VARIABLE = 'TRELLIS_TEST_RUN';

/** What ends by itself when its parent has ended needs a moment for it. */
const GRACE_MS = 3_000;

/** Ends what a test run left running (on Linux, where the system tells) and names it. */
export async function endLeftovers(run: string): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  while (findProcesses(run).length > 0 && Date.now() < deadline) await sleep(100);
  for (const pid of findProcesses(run)) {
    console.error(`A test left process ${pid} running, which is ended now: ${commandOf(pid)}`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Removes what runs that were killed left in `directory`, one folder per process id. */
export async function removeAbandonedRuns(directory: string): Promise<void> {
  for (const name of listIfThere(directory)) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || (isAlive(pid) && pid !== process.pid)) continue;
    await removeAbandoned(join(directory, name, 'postgres'));
    await removeAbandonedRedis(join(directory, name, 'redis'));
    rmSync(join(directory, name), { recursive: true, force: true });
  }
}

function findProcesses(run: string): number[] {
  return listIfThere('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => readIfThere(`/proc/${pid}/environ`).includes(`${RUN_VARIABLE}=${run}`))
    .filter(isAlive);
}

function listIfThere(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
