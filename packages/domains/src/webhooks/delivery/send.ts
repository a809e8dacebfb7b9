import { Agent } from 'undici';
import { Attempt, type AttemptResult } from './attempt.ts';
import { classifyError } from './classify-error.ts';
import type { AddressGuard } from './guard-address.ts';

const cachedTargetsMax = 4096;
const idleSocketMs = 4000;
const idleSocketMsMax = 10_000;

// These belong to the connection, not to the message (RFC 9110, section 7.6.1). `host` would also
// choose the TLS server name, so a tenant could address another site behind the same address.
const connectionHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

export interface SenderOptions {
  guard: Pick<AddressGuard, 'checkUrl' | 'lookup'>;
  /** Names product and version, such as `Trellis/1.0`. */
  userAgent: string;
  /**
   * Keep fewer sends in flight per origin than this: what exceeds it waits for a connection, and
   * the wait counts against the deadline. Default 64.
   */
  connectionsPerOrigin?: number;
  /** Covers DNS, connect, TLS, head and body together. Default 15,000. */
  deadlineMs?: number;
  /** How much of the decompressed answer is kept. Default 16,384. */
  bodyBytesMax?: number;
  /** Above so many open sockets none is kept for the next request. Default 1024. */
  keptSocketsMax?: number;
}

export interface SendRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** The exact bytes that were signed. */
  body: string | Uint8Array;
  /** Aborting it gives the attempt up: `send` rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface Sender {
  /**
   * POSTs once. Resolves for every answer and every failure of the network, the guard included;
   * rejects only when `signal` aborts or the sender is closed.
   */
  send(request: SendRequest): Promise<AttemptResult>;
  /** Lets what is in flight end, within its deadline, and closes every socket. */
  close(): Promise<void>;
}

interface Target {
  origin: string;
  path: string;
}

// A literal address never changes its verdict, so a URL is parsed and judged once; names are
// judged by `lookup`, on every connection.
function createTargets(guard: Pick<AddressGuard, 'checkUrl'>): (url: string) => Target {
  const known = new Map<string, Target>();
  return (text) => {
    const cached = known.get(text);
    if (cached) return cached;
    const url = guard.checkUrl(text);
    const target = { origin: url.origin, path: url.pathname + url.search };
    if (known.size >= cachedTargetsMax) known.clear();
    known.set(text, target);
    return target;
  };
}

function messageHeaders(own: readonly string[], headers: SendRequest['headers']): string[] {
  const list = own.slice();
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || connectionHeaders.has(name.toLowerCase())) continue;
    list.push(name, value);
  }
  return list;
}

function createAgent(options: SenderOptions, deadlineMs: number): Agent {
  return new Agent({
    connections: options.connectionsPerOrigin ?? 64,
    pipelining: 1,
    allowH2: false,
    connect: { lookup: options.guard.lookup, timeout: deadlineMs },
    // The attempt's own deadline covers both; undici's timers would be work without use.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: idleSocketMs,
    keepAliveMaxTimeout: idleSocketMsMax,
  });
}

/**
 * The one way out to tenants' endpoints. Redirects are never followed, answers are never
 * decompressed beyond `bodyBytesMax`, and every connection is dialled through the guard.
 */
export function createSender(options: SenderOptions): Sender {
  const { deadlineMs = 15_000, bodyBytesMax = 16_384, keptSocketsMax = 1024 } = options;
  const limits = { deadlineMs, bodyBytesMax };
  const ownHeaders = ['user-agent', options.userAgent, 'accept-encoding', 'identity'];
  const targetOf = createTargets(options.guard);
  const agent = createAgent(options, deadlineMs);
  let openSockets = 0;
  agent.on('connect', () => {
    openSockets += 1;
  });
  agent.on('disconnect', () => {
    openSockets -= 1;
  });

  const dispatch = (request: SendRequest, attempt: Attempt): void => {
    try {
      const { origin, path } = targetOf(request.url);
      agent.dispatch(
        {
          origin,
          path,
          method: 'POST',
          headers: messageHeaders(ownHeaders, request.headers),
          body: request.body,
          // With thousands of endpoints each idle socket waits for nobody: close it instead.
          reset: openSockets > keptSocketsMax,
        },
        attempt,
      );
    } catch (error) {
      attempt.fail(classifyError(error), error instanceof Error ? error.message : String(error));
    }
  };

  return {
    send(request) {
      if (agent.closed) return Promise.reject(new Error('the sender is closed'));
      const { signal } = request;
      if (!signal) return new Promise((settle) => dispatch(request, new Attempt(limits, settle)));
      return sendUntilAborted(signal, (settle) => {
        const attempt = new Attempt(limits, settle);
        dispatch(request, attempt);
        return attempt;
      });
    },
    close: () => agent.close(),
  };
}

function sendUntilAborted(
  signal: AbortSignal,
  start: (settle: (result: AttemptResult) => void) => Attempt,
): Promise<AttemptResult> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      attempt.cancel();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const attempt = start((result) => {
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    });
  });
}
