import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { commonErrors } from '@trellis/core/common-errors';

export interface BodyLimits {
  /** A body must have arrived whole by then. */
  wholeMs: number;
  /** One that is a stream instead ends when nothing has come for this long. */
  idleMs: number;
  /**
   * How long the rest is read, and thrown away, when the answer was given before it arrived. A
   * stream that was answered with success ends by `idleMs` here too.
   */
  lingerMs: number;
}

interface Watch {
  /** From now on only silence ends the body. */
  letStream(): void;
}

const watches = new WeakMap<IncomingMessage, Watch>();

/** How often silence is looked for, within the time that it may last. */
const looksPerIdle = 4;
/** When nobody listens to the request yet, it is told again after this. */
const againMs = 1_000;

/**
 * Bounds how long the body of a request may take. Node's own `requestTimeout` is one for the whole
 * server, and would end every long upload.
 */
export function watchBodies(server: Server, limits: BodyLimits): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && !(Number(length) > 0)) return;
    watches.set(request, watch(request, response, limits));
  });
}

/** For a route that takes streams of any length. */
export function letBodyStream(request: IncomingMessage): void {
  watches.get(request)?.letStream();
}

function watch(request: IncomingMessage, response: ServerResponse, limits: BodyLimits): Watch {
  const { socket } = request;
  const timer = createTimer();
  let isTold = false;
  let isStream = false;
  const expire = (): void => {
    if (request.complete || isTold) return;
    isTold = request.listenerCount('error') > 0;
    // Whoever reads the body answers with this, and the rest of the body is not waited for.
    if (isTold) request.emit('error', commonErrors.request_timeout());
    else timer.set(expire, againMs);
  };
  timer.set(expire, limits.wholeMs);
  request.once('end', timer.end);
  request.once('close', timer.end);
  response.once('finish', () => {
    if (request.complete || socket.destroyed) return;
    // An end of the connection now would take the answer with it: a client that still sends has
    // not read it, and loses it to the reset.
    request.unpipe();
    request.resume();
    const cut = () => socket.destroy();
    // One who got what was asked for, from an answer that was kept, may send a long stream to its
    // end: many clients take an end in the middle of it for a failure.
    if (isStream && response.statusCode < 300) lookForSilence(request, limits.idleMs, timer, cut);
    else timer.set(cut, limits.lingerMs);
  });
  return {
    letStream: () => {
      isStream = true;
      lookForSilence(request, limits.idleMs, timer, expire);
    },
  };
}

/** One that is set anew each time, and never again once the body is there. */
function createTimer() {
  let timeout: NodeJS.Timeout | undefined;
  let isOver = false;
  return {
    set: (then: () => void, afterMs: number): void => {
      clearTimeout(timeout);
      if (!isOver) timeout = setTimeout(then, afterMs);
    },
    end: (): void => {
      isOver = true;
      clearTimeout(timeout);
    },
  };
}

/** What waits here to be read says that the reader is slow, and not the client. */
function lookForSilence(
  request: IncomingMessage,
  idleMs: number,
  timer: ReturnType<typeof createTimer>,
  expire: () => void,
): void {
  const everyMs = Math.ceil(idleMs / looksPerIdle);
  let seen = request.socket.bytesRead;
  let quietMs = 0;
  const look = (): void => {
    const { bytesRead } = request.socket;
    const isQuiet = bytesRead === seen && request.readableLength === 0;
    seen = bytesRead;
    quietMs = isQuiet ? quietMs + everyMs : 0;
    if (quietMs >= idleMs) expire();
    else timer.set(look, everyMs);
  };
  timer.set(look, everyMs);
}
