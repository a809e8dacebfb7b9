import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerBench } from '../harness/answer.ts';

/**
 * `listen`: starts. `expect`: forgets what came so far. `wait`: answers once `count` distinct ids
 * have come since, with what it saw. `report`: the same at once. `arrivals`: answers when each came.
 */
export type ReceiverMessage =
  | { kind: 'listen' | 'expect' | 'report' | 'arrivals' }
  | { kind: 'wait'; count: number };

export interface Received {
  /** Distinct values of `webhook-id`. */
  distinct: number;
  deliveries: number;
  /** Of the first and the newest one, in milliseconds of Unix time. */
  firstMs: number;
  lastMs: number;
  /** From `sentAtMs` in the data of an event, where it has one, to its arrival; sorted. */
  latenciesMs: number[];
}

/** When the headers of each came first, by its id, in milliseconds of Unix time. */
export interface Arrivals {
  arrivedMs: [id: string, ms: number][];
}

let ids = new Map<string, number>();
let deliveries = 0;
let firstMs = 0;
let lastMs = 0;
let latenciesMs: number[] = [];
let wanted: { count: number; reached: () => void } | undefined;

const now = () => performance.timeOrigin + performance.now();

function take(id: string, body: string, arrivedMs: number): void {
  lastMs = arrivedMs;
  if (deliveries === 0) firstMs = arrivedMs;
  deliveries++;
  const isFirst = !ids.has(id);
  const sentAt = isFirst ? /"sentAtMs":([\d.]+)/.exec(body)?.[1] : undefined;
  if (sentAt !== undefined) latenciesMs.push(arrivedMs - Number(sentAt));
  if (isFirst) ids.set(id, arrivedMs);
  if (wanted && ids.size >= wanted.count) wanted.reached();
}

const server = createServer((request, response) => {
  const arrivedMs = now();
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    take(String(request.headers['webhook-id']), body, arrivedMs);
    response.writeHead(204).end();
  });
});
server.keepAliveTimeout = 60_000;

async function listen(): Promise<{ url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function report(): Received {
  latenciesMs.sort((a, b) => a - b);
  return { distinct: ids.size, deliveries, firstMs, lastMs, latenciesMs };
}

async function wait(count: number): Promise<Received> {
  if (ids.size < count) {
    await new Promise<void>((reached) => {
      wanted = { count, reached };
    });
    wanted = undefined;
  }
  return report();
}

answerBench<ReceiverMessage>(async (message) => {
  if (message.kind === 'listen') return listen();
  if (message.kind === 'wait') return wait(message.count);
  if (message.kind === 'report') return report();
  if (message.kind === 'arrivals') return { arrivedMs: [...ids] } satisfies Arrivals;
  ids = new Map();
  deliveries = 0;
  latenciesMs = [];
  return {};
});
