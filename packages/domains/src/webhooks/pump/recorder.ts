import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '@trellis/core/log';
import { classifyFailure } from '@trellis/db/failures';
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
/** Before a write of few, so that it takes the outcomes of more: each costs a transaction. */
const gatherMs = 20;
const fewMax = 100;

/** Writes outcomes as they come: those that come during one write go together into the next. */
export interface Recorder {
  add(outcome: Outcome): void;
  /** How many wait to be written. */
  readonly waiting: number;
  /** Resolves when all is written, or when the time is over. */
  settle(timeoutMs: number): Promise<void>;
}

export interface RecorderOptions {
  db: Pick<TenantDb, 'querySystem'>;
  log: Pick<Log, 'warn' | 'error'>;
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
    let size = batchMax;
    while (waiting.length > 0) {
      if (waiting.length < fewMax) await wait(gatherMs);
      const batch = waiting.slice(0, size);
      try {
        const failing = await recordOutcomes(db, batch, circuit);
        waiting.splice(0, batch.length);
        size = batchMax;
        onRecorded(batch, failing);
      } catch (err) {
        log.warn({ err, outcomes: waiting.length }, 'Outcomes cannot be recorded; trying again.');
        size = afterFailure(batch, err);
        await wait(retryMs, undefined, { ref: false });
        continue;
      }
      await free(batch);
    }
  };
  /**
   * They are kept until the database is back; should the worker end before, they are sent again.
   * What Postgres refuses is tried in ever smaller parts, and one by itself is given up: it would
   * hold up all others. Its delivery is sent again when its lease ends.
   */
  const afterFailure = (batch: readonly Outcome[], err: unknown): number => {
    if (classifyFailure(err) === 'unavailable') return batchMax;
    if (batch.length === 1) {
      log.error({ err, delivery: batch[0]?.delivery.id }, 'An outcome is refused, and given up.');
      waiting.shift();
    }
    return Math.max(1, Math.floor(batch.length / 2));
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
    // What came while the last write ended has nobody yet who writes it.
    writing ??= writeAll().finally(() => {
      writing = undefined;
      return waiting.length > 0 ? start() : undefined;
    });
    return writing;
  };
  return {
    get waiting() {
      return waiting.length;
    },
    add(outcome) {
      waiting.push(outcome);
      void start();
    },
    settle: (timeoutMs) => Promise.race([start(), wait(timeoutMs, undefined, { ref: false })]),
  };
}
