import { commonErrors } from '@trellis/core/common-errors';
import type { FastifyReply } from 'fastify';

/**
 * Aborts when the connection of a request ends, for work that is only worth its answer; with
 * `bad_request` (400), which nobody reads. `request.signal` does not do: the request itself is
 * closed as soon as its body was read.
 */
export function clientLeft({ raw }: Pick<FastifyReply, 'raw'>): AbortSignal {
  const left = new AbortController();
  const abort = () => left.abort(commonErrors.bad_request('The client left before the answer.'));
  if (raw.destroyed) abort();
  else raw.once('close', abort);
  return left.signal;
}
