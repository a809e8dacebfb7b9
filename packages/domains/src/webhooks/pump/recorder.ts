import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '@trellis/core/log';
import type { TenantDb } from '@trellis/db/tenant-db';
import { type Outcome, recordOutcomes } from './record.ts';

/** Outcomes in one statement. */
const batchMax = 500;
const retryMs = 500;
/** Before a write, so that it takes the outcomes of many: each costs a transaction. */
const gatherMs = 10;

/** Writes outcomes as they come: those that come during one write go together into the next. */
export interface Recorder {
  add(outcome: Outcome): void;
  /** Resolves when all is written, or when the time is over. */
  settle(timeoutMs: number): Promise<void>;
}

export function createRecorder(
  db: Pick<TenantDb, 'querySystem'>,
  log: Pick<Log, 'warn'>,
): Recorder {
  const waiting: Outcome[] = [];
  let writing: Promise<void> | undefined;

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      if (waiting.length < batchMax) await wait(gatherMs);
      const batch = waiting.slice(0, batchMax);
      try {
        await recordOutcomes(db, batch);
        waiting.splice(0, batch.length);
      } catch (err) {
        // Kept until the database is back; should the worker end before, they are sent again.
        log.warn({ err, outcomes: waiting.length }, 'Outcomes cannot be recorded; trying again.');
        await wait(retryMs, undefined, { ref: false });
      }
    }
  };
  const start = (): Promise<void> => {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  };
  return {
    add(outcome) {
      waiting.push(outcome);
      void start();
    },
    settle: (timeoutMs) => Promise.race([start(), wait(timeoutMs, undefined, { ref: false })]),
  };
}
