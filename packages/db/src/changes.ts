import type { Socket } from 'node:net';
import postgres from 'postgres';
import { openSocket, type SocketTarget } from './sockets.ts';
import type { Tx } from './tenant-db.ts';

const channel = 'trellis_changes';

/** How processes tell each other that something they may hold is out of date. */
export interface ChangeFeed {
  /** Tells all processes when the transaction commits; this one at once. */
  announce(tx: Tx, topic: string, key: string): Promise<void>;
  /** `listener` gets the key of each change of the topic. */
  on(topic: string, listener: (key: string) => void): void;
  /** Called on each (re)connection: whatever was announced in between was missed. */
  onConnect(listener: () => void): void;
  /** Whether announcements arrive at this moment; from the loss of the connection on they do not. */
  isListening(): boolean;
  close(): Promise<void>;
}

/**
 * Listens on a connection of its own (Postgres LISTEN), which postgres.js opens again when it is
 * lost. The first connection is not waited for: a process starts while Postgres is away.
 */
export function createChangeFeed(url: string, onError: (error: unknown) => void): ChangeFeed {
  let socket: Socket | undefined;
  let opened = 0;
  let isListening = false;
  const settings = {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 5,
    // Seconds until the kernel asks whether the other end is there: nothing else would notice that
    // the way to it is broken, as this side has nothing to send.
    keep_alive: 5,
    backoff: (tries: number) => Math.min(0.1 * 2 ** Math.min(tries, 5), 2),
    onnotice: () => {},
    connection: { application_name: 'trellis-changes' },
    // The option is documented but not typed.
    socket: (target: SocketTarget) => {
      isListening = false;
      socket = openSocket(target, opened++);
      return socket;
    },
  };
  const client = postgres(url, settings);
  const topics = new Map<string, ((key: string) => void)[]>();
  const connected: (() => void)[] = [];

  const dispatch = (topic: string, key: string) => {
    for (const listener of topics.get(topic) ?? []) listener(key);
  };
  const receive = (message: string) => {
    const { topic, key } = JSON.parse(message) as { topic: string; key: string };
    dispatch(topic, key);
  };
  // Asked for once: postgres.js listens again by itself whenever a connection is lost or fails, the
  // first one too, and each further call would make every message arrive once more.
  const listening = client
    .listen(channel, receive, () => {
      isListening = true;
      for (const listener of connected) listener();
    })
    .catch(onError);

  return {
    announce: async (tx, topic, key) => {
      tx.afterCommit(() => dispatch(topic, key));
      await tx.sql`select pg_notify(${channel}, ${JSON.stringify({ topic, key })})`;
    },
    on: (topic, listener) => topics.set(topic, [...(topics.get(topic) ?? []), listener]),
    onConnect: (listener) => connected.push(listener),
    // Asked of the socket, because postgres.js tells nobody that it lost one.
    isListening: () => isListening && socket?.destroyed === false,
    close: async () => {
      isListening = false;
      // A connection that is still being made would outlive the end of its client.
      await listening;
      await client.end({ timeout: 1 });
    },
  };
}
