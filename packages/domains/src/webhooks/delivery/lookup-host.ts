import dns from 'node:dns';
import type { Resolve, ResolveCallback } from './share-resolve.ts';

/** At once: each keeps one of libuv's threads, of which there are four, until it ends. */
const lookupsMax = 2;
/** One more is answered as a DNS server that does not answer. */
const waitingMax = 50;

interface Waiting {
  hostname: string;
  callback: ResolveCallback;
}

/** The system's resolver, getaddrinfo, with threads left for all others. */
export function createLookup(): Resolve {
  const waiting: Waiting[] = [];
  let running = 0;

  const start = ({ hostname, callback }: Waiting): void => {
    running += 1;
    dns.lookup(hostname, { all: true, order: 'verbatim' }, (error, addresses) => {
      running -= 1;
      const next = waiting.shift();
      if (next) start(next);
      callback(error, addresses ?? []);
    });
  };
  return (hostname, callback) => {
    if (running < lookupsMax) start({ hostname, callback });
    else if (waiting.length < waitingMax) waiting.push({ hostname, callback });
    else process.nextTick(callback, tooMany(hostname), []);
  };
}

function tooMany(hostname: string): NodeJS.ErrnoException {
  const syscall = 'getaddrinfo';
  const error = new Error(`${syscall} EAI_AGAIN ${hostname}`);
  return Object.assign(error, { code: 'EAI_AGAIN', syscall, hostname });
}
