import type { WorkerSettings } from '@trellis/config/settings';

/** Seconds from each attempt of a delivery to the next. */
export interface RetrySchedules {
  short: readonly number[];
  /** Of plans with the long tail. */
  long: readonly number[];
}

export function readRetrySchedules(
  settings: Pick<WorkerSettings, 'WEBHOOK_RETRY_SECONDS' | 'WEBHOOK_RETRY_TAIL_SECONDS'>,
): RetrySchedules {
  const short = parseSchedule(settings.WEBHOOK_RETRY_SECONDS);
  return { short, long: [...short, ...parseSchedule(settings.WEBHOOK_RETRY_TAIL_SECONDS)] };
}

/** `5,10,20` as numbers; the settings' schema holds the form. */
export function parseSchedule(text: string): number[] {
  return text.split(',').map(Number);
}
