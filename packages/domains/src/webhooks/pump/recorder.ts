import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '@trellis/core/log';
import type { TenantDb } from '@trellis/db/tenant-db';
import { freeNextInOrder } from './ordering.ts';
import {
  type CircuitSettings,
  type FailingEndpoint,
  type Outcome,
  recordOutcomes,
} from './record.ts';

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

export interface RecorderOptions {
  db: Pick<TenantDb, 'querySystem'>;
  log: Pick<Log, 'warn'>;
  circuit: CircuitSettings;
  /** What was written, and which endpoints it showed to fail. */
  onRecorded(outcomes: readonly Outcome[], failing: readonly FailingEndpoint[]): void;
  /** Deliveries that waited for others of their ordering key may be sent. */
  onFreed(): void;
}

export function createRecorder({
  db,
  log,
  circuit,
  onRecorded,
  onFreed,
}: RecorderOptions): Recorder {
  const waiting: Outcome[] = [];
  let writing: Promise<void> | undefined;

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      if (waiting.length < batchMax) await wait(gatherMs);
      const batch = waiting.slice(0, batchMax);
      try {
        const failing = await recordOutcomes(db, batch, circuit);
        waiting.splice(0, batch.length);
        onRecorded(batch, failing);
      } catch (err) {
        // Kept until the database is back; should the worker end before, they are sent again.
        log.warn({ err, outcomes: waiting.length }, 'Outcomes cannot be recorded; trying again.');
        await wait(retryMs, undefined, { ref: false });
        continue;
      }
      await free(batch);
    }
  };
  /** Should it fail, the sweep finds what waits for nothing any more. */
  const free = async (batch: readonly Outcome[]): Promise<void> => {
    const ended = batch.filter(
      ({ delivery, status }) => delivery.ordering_key !== null && status !== 'failed',
    );
    if (ended.length === 0) return;
    try {
      await freeNextInOrder(
        db,
        ended.map(({ delivery }) => delivery),
      );
      onFreed();
    } catch (err) {
      log.warn({ err }, 'What follows in order could not be freed; the sweep will.');
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
