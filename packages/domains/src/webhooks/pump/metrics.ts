import { Counter, Gauge, Histogram, type Metrics } from '@trellis/core/metrics';
import type { Outcome } from './record.ts';

const attemptBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const firstByteBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600,
];

/** What one worker measures of its deliveries. */
export interface DeliveryMetrics {
  attempted(outcome: Outcome): void;
  /** Says where the number of attempts under way is read when somebody asks. */
  inFlight(read: () => number): void;
}

/** Throws when the registry has them already: a worker has one pump. */
export function createDeliveryMetrics(metrics: Metrics): DeliveryMetrics {
  const registers = [metrics];
  const attempts = new Counter({
    name: 'trellis_webhook_attempts_total',
    help: 'Attempts to deliver, by what became of the delivery.',
    labelNames: ['outcome', 'error_class'],
    registers,
  });
  const duration = new Histogram({
    name: 'trellis_webhook_attempt_duration_seconds',
    help: 'From the start of an attempt to the end of its answer.',
    buckets: attemptBuckets,
    registers,
  });
  const firstByte = new Histogram({
    name: 'trellis_webhook_first_byte_seconds',
    help: 'From the commit of an event to the first byte of its first attempt.',
    buckets: firstByteBuckets,
    registers,
  });
  return {
    attempted(outcome) {
      const { status, result } = outcome;
      attempts.inc({ outcome: status, error_class: result.errorClass ?? 'none' });
      duration.observe(result.durationMs / 1_000);
      const waitedMs = firstByteMs(outcome);
      if (waitedMs !== null) firstByte.observe(waitedMs / 1_000);
    },
    inFlight: (read) => {
      new Gauge({
        name: 'trellis_webhook_in_flight',
        help: 'Attempts of this worker that are under way.',
        registers,
        collect() {
          this.set(read());
        },
      });
    },
  };
}

/**
 * Null for what says nothing of our speed: a repeat, a delivery that somebody asked for again, an
 * endpoint that no connection led to.
 */
function firstByteMs({ delivery, result, sentAfterMs }: Outcome): number | null {
  if (delivery.attempt !== 1 || delivery.trigger !== 'automatic') return null;
  if (result.writtenMs === null) return null;
  return delivery.age_ms + sentAfterMs + result.writtenMs;
}
