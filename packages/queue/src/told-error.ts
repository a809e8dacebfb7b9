import { describeError } from '@trellis/core/describe-error';
import { UnrecoverableError } from 'bullmq';
import { PermanentError } from './permanent-error.ts';

/**
 * What the queue is told of a failure, and keeps until the next try or for inspection: no values of
 * queries, and only text that its store takes.
 */
export function toldError(error: unknown): Error {
  const { message, stack } = describeError(error);
  const Told = error instanceof PermanentError ? UnrecoverableError : Error;
  return Object.assign(new Told(storable(message)), { stack: storable(stack) });
}

/** What the row of a job says of its failure; at most 2,000 characters. */
export function failureText(error: unknown): string {
  return storable(describeError(error).message);
}

/** Postgres has no text with NUL, or with half a surrogate pair, which cutting may have left. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
