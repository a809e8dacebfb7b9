import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readKept } from './kept-file.ts';
import { isAlive, processIdentity } from './processes.ts';

export interface Lock {
  release(): void;
}

interface Holder {
  pid: number;
  identity: string;
}

/** Thrown when a live process holds the lock; the message is one line that names it. */
export class InUseError extends Error {
  readonly pid: number;

  constructor(what: string, pid: number) {
    super(`${what} is in use by process ${pid}; stop that one first.`);
    this.name = 'InUseError';
    this.pid = pid;
  }
}

/**
 * Takes the lock file at `path` for this process. A lock whose holder is gone (killed, or the
 * machine went down) is taken over, also when an unrelated process has its id by now.
 *
 * @param what names the locked thing in the error message
 * @throws InUseError when a live process holds it, this process included
 */
export async function acquireLock(path: string, what: string): Promise<Lock> {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) });
  for (;;) {
    if (createExclusively(path, mine)) return { release: () => releaseLock(path, mine) };
    const found = await readLock(path);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder !== undefined && isHeld(holder)) throw new InUseError(what, holder.pid);
    takeAway(path, found);
  }
}

function createExclusively(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The lock's content, undefined when it went away meanwhile. */
async function readLock(path: string): Promise<string | undefined> {
  let content: string | undefined;
  // An empty file is a lock that its holder is writing at this moment, or died while writing.
  for (let tries = 0; tries < 10; tries++) {
    content = readKept(path);
    if (content !== '') break;
    await sleep(50);
  }
  return content;
}

/**
 * Removes the stale lock. Renaming first means that of two processes that found the same stale
 * lock, one wins; one that was late and moved away a fresh lock puts it back.
 */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readKept(aside);
  rmSync(aside, { force: true });
  if (moved !== undefined && moved !== stale) createExclusively(path, moved);
}

function releaseLock(path: string, mine: string): void {
  if (readKept(path) === mine) rmSync(path, { force: true });
}

function isHeld(holder: Holder): boolean {
  if (!isAlive(holder.pid)) return false;
  const identity = processIdentity(holder.pid);
  return holder.identity === '' || identity === '' || holder.identity === identity;
}

function parseHolder(content: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, identity } = value as Partial<Holder>;
    return typeof pid === 'number' ? { pid, identity: identity ?? '' } : undefined;
  } catch {
    return undefined;
  }
}
