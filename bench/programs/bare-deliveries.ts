import { Pool } from 'undici';
import { answerBench } from '../harness/answer.ts';
import { type BareJob, type BareStore, openBareQueue, openBareWorker } from './bare-queue.ts';

/**
 * `open`: starts the loop. `fill`: stops it and queues jobs. `drain`: lets it go on, and answers
 * when so many jobs have ended since the last answer. `count`: answers the same without filling.
 */
export type BareDeliveriesMessage =
  | { kind: 'open'; store: BareStore; url: string; concurrency: number }
  | { kind: 'fill'; body: string; count: number }
  | { kind: 'drain'; count: number };

export interface BareDrained {
  /** When the last job had ended, in milliseconds of Unix time. */
  doneMs: number;
}

const addedAtOnce = 1_000;
let ended = 0;
let onEnded: (() => void) | undefined;
let queue: ReturnType<typeof openBareQueue>;

function open(store: BareStore, url: string, concurrency: number): void {
  const pool = new Pool(url, { connections: concurrency, pipelining: 1 });
  queue = openBareQueue(store);
  const worker = openBareWorker(store, concurrency, async ({ data: { id, body } }) => {
    const { body: answer } = await pool.request({
      path: '/',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'webhook-id': id },
      body,
    });
    await answer.dump();
  });
  worker.on('completed', () => {
    ended++;
    onEnded?.();
  });
  worker.on('error', console.error);
}

async function fill(count: number, body: string): Promise<void> {
  await queue.pause();
  for (let added = 0; added < count; added += addedAtOnce) {
    const jobs = Array.from({ length: Math.min(addedAtOnce, count - added) }, () => ({
      name: 'deliver',
      data: { id: crypto.randomUUID(), body } satisfies BareJob,
    }));
    await queue.addBulk(jobs);
  }
}

async function drain(count: number): Promise<BareDrained> {
  await queue.resume();
  if (ended < count) {
    await new Promise<void>((resolve) => {
      onEnded = () => {
        if (ended >= count) resolve();
      };
    });
  }
  onEnded = undefined;
  ended = 0;
  return { doneMs: performance.timeOrigin + performance.now() };
}

answerBench<BareDeliveriesMessage>(async (message) => {
  if (message.kind === 'drain') return drain(message.count);
  if (message.kind === 'open') open(message.store, message.url, message.concurrency);
  else await fill(message.count, message.body);
  return {};
});
