import { Attempt, type AttemptResult } from './attempt.ts';
import { connectionHeaders } from './connection-headers.ts';
import { type Connections, createConnections } from './connections.ts';
import type { AddressGuard } from './guard-address.ts';

const cachedTargetsMax = 4096;
const idleSocketMs = 4000;
const idleSocketMsMax = 10_000;

export interface SenderOptions {
  guard: Pick<AddressGuard, 'checkUrl' | 'lookup'>;
  /** Names product and version, such as `Trellis/1.0`. */
  userAgent: string;
  /**
   * Keep no more sends of one subscription in flight than this: what exceeds it waits for a
   * connection, and the wait counts against the deadline. Default 64.
   */
  connectionsPerWebhook?: number;
  /** Covers DNS, connect, TLS, head and body together. Default 15,000. */
  deadlineMs?: number;
  /** How much of the decompressed answer is kept. Default 16,384. */
  bodyBytesMax?: number;
  /** Above so many open sockets none is kept for the next request. Default 1024. */
  keptSocketsMax?: number;
}

export interface SendRequest {
  /** The subscription: it shares its connections with no other. */
  webhookId: string;
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

/**
 * Ours and those of the message, each name once however it is written: of two that differ in case
 * only, a receiver could take either.
 */
function messageHeaders(own: readonly string[], headers: SendRequest['headers']): string[] {
  const list = own.slice();
  const seen = new Set<string>();
  // From behind, as the last of two with one name is the one that counts.
  for (const [name, value] of Object.entries(headers).reverse()) {
    const lowerCase = name.toLowerCase();
    if (connectionHeaders.has(lowerCase) || seen.has(lowerCase)) continue;
    seen.add(lowerCase);
    list.push(name, value);
  }
  return list;
}

function openConnections(options: SenderOptions, deadlineMs: number): Connections {
  return createConnections({
    connections: options.connectionsPerWebhook ?? 64,
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

type Dispatch = (request: SendRequest, attempt: Attempt) => void;

function createDispatch(connections: Connections, options: SenderOptions): Dispatch {
  const { guard, userAgent, keptSocketsMax = 1024 } = options;
  const ownHeaders = ['user-agent', userAgent, 'accept-encoding', 'identity'];
  const targetOf = createTargets(guard);

  return (request, attempt) => {
    try {
      const { origin, path } = targetOf(request.url);
      const message = {
        path,
        method: 'POST',
        headers: messageHeaders(ownHeaders, request.headers),
        body: request.body,
        // With thousands of endpoints each idle socket waits for nobody: close it instead.
        reset: connections.count > keptSocketsMax,
      };
      connections.dispatch(request.webhookId, origin, message, attempt);
    } catch (error) {
      attempt.failWith(error);
    }
  };
}

/**
 * The one way out to tenants' endpoints. Redirects are never followed, answers are never
 * decompressed beyond `bodyBytesMax`, and every connection is dialled through the guard.
 */
export function createSender(options: SenderOptions): Sender {
  const { deadlineMs = 15_000, bodyBytesMax = 16_384 } = options;
  const limits = { deadlineMs, bodyBytesMax };
  const connections = openConnections(options, deadlineMs);
  const dispatch = createDispatch(connections, options);
  let inFlight = 0;
  let closing: Promise<void> | null = null;
  const idle = Promise.withResolvers<void>();

  const send = (request: SendRequest): Promise<AttemptResult> =>
    new Promise((resolve, reject) => {
      const { signal } = request;
      if (closing) throw new Error('the sender is closed');
      signal?.throwIfAborted();
      inFlight += 1;
      const end = (): void => {
        signal?.removeEventListener('abort', onAbort);
        inFlight -= 1;
        if (closing && inFlight === 0) idle.resolve();
      };
      const onAbort = (): void => {
        if (!attempt.cancel()) return;
        end();
        reject(signal?.reason);
      };
      const attempt = new Attempt(limits, (result) => {
        end();
        resolve(result);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      dispatch(request, attempt);
    });

  const close = async (): Promise<void> => {
    if (inFlight > 0) await idle.promise;
    // Not closed: that would first connect for requests that were given up meanwhile.
    await connections.destroy();
  };

  return {
    send,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
