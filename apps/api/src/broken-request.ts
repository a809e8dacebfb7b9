import type { Socket } from 'node:net';
import { commonErrors } from '@trellis/core/common-errors';
import type { ProblemError } from '@trellis/core/errors';
import { newId } from '@trellis/core/ids';
import { securityHeaders } from './plugins/security-headers.ts';
import { problemBody } from './problem.ts';

/** Answers what never became a request: broken HTTP, headers too large, or too slow to arrive. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const problem = problemOf(error.code);
  const requestId = newId();
  const body = JSON.stringify(problemBody(problem, '', requestId));
  const headers = { ...securityHeaders, 'x-request-id': requestId };
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      body,
    ].join('\r\n'),
  );
}

function problemOf(code: string | undefined): ProblemError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return commonErrors.request_timeout();
  if (code === 'HPE_HEADER_OVERFLOW') return commonErrors.headers_too_large();
  return commonErrors.bad_request();
}
