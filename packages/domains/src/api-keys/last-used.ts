import type { Platform } from '../platform.ts';
import { writeLastUsed } from './repository.ts';

/** Notes when keys are used, without a write for each request. */
export interface LastUsed {
  note(id: string): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'clock' | 'log'>;

/** One statement every `everyMs` for all keys that were used; nothing while none was. */
export function recordLastUsed({ db, clock, log }: Needs, everyMs: number): LastUsed {
  let used = new Map<string, Date>();
  let writing = Promise.resolve();

  const write = async (): Promise<void> => {
    if (used.size === 0) return;
    const batch = used;
    used = new Map();
    try {
      await writeLastUsed(db, batch);
    } catch (err) {
      // Tried again with the next; what came since is newer.
      used = new Map([...batch, ...used]);
      log.warn({ err, keys: used.size }, 'The last use of API keys cannot be written yet.');
    }
  };
  const writeInTurn = (): Promise<void> => {
    writing = writing.then(write);
    return writing;
  };
  const timer = setInterval(writeInTurn, everyMs);
  timer.unref();
  return {
    note: (id) => used.set(id, clock.now()),
    close: async () => {
      clearInterval(timer);
      await writeInTurn();
    },
  };
}
