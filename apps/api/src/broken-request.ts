import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { commonErrors } from '@trellis/core/common-errors';
import type { ProblemError } from '@trellis/core/errors';
import { newId } from '@trellis/core/ids';
import { problemBody } from '@trellis/core/problem-body';
import { securityHeaders } from './plugins/security-headers.ts';

/** How long a client that was refused may take to read that and close the connection itself. */
const lingerMs = 2_000;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** What each connection was asked and has not answered whole. */
const exchanges = new WeakMap<Socket, Set<Exchange>>();

/** Lets `answerBrokenRequest` know what else goes on in a connection. */
export function watchExchanges(server: Server): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const open = exchanges.get(socket) ?? new Set();
    const exchange = { request, response };
    exchanges.set(socket, open.add(exchange));
    response.once('close', () => open.delete(exchange));
  });
}

/** Answers what never became a request: broken HTTP, headers too large, or too slow to arrive. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  if (owesAnswer(socket)) {
    socket.destroy();
    return;
  }
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
  // A client that never closes its side would keep the connection; an end at once would take the
  // answer from one that still sends.
  const linger = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(linger));
}

/** Whether a reply now would be read as a part of another answer, or in place of it. */
function owesAnswer(socket: Socket): boolean {
  const open = [...(exchanges.get(socket) ?? [])];
  return open.some(({ request, response }) => request.complete || response.headersSent);
}

function problemOf(code: string | undefined): ProblemError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return commonErrors.request_timeout();
  if (code === 'HPE_HEADER_OVERFLOW') return commonErrors.headers_too_large();
  return commonErrors.bad_request();
}
