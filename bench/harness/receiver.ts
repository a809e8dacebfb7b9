import type { Lifecycle } from '../../scripts/local/lifecycle.ts';
import type { Arrivals, Received, ReceiverMessage } from '../programs/receiver.ts';
import { startChild } from './children.ts';

export interface BenchReceiver {
  url: string;
  /** Forgets what came so far. */
  expect(): Promise<void>;
  /** Resolves once so many distinct ids have come. */
  wait(count: number): Promise<Received>;
  report(): Promise<Received>;
  /** When each came first, by its id, in milliseconds of Unix time. */
  arrivals(): Promise<ReadonlyMap<string, number>>;
  pid: number;
}

/** The endpoint of both sides, in a process of its own. */
export async function startBenchReceiver(lifecycle: Lifecycle): Promise<BenchReceiver> {
  const child = startChild(lifecycle, 'bench/programs/receiver.ts');
  const ask = <Reply>(message: ReceiverMessage) => child.ask<Reply>(message);
  const { url } = await ask<{ url: string }>({ kind: 'listen' });
  return {
    url,
    expect: () => ask({ kind: 'expect' }),
    wait: (count) => ask({ kind: 'wait', count }),
    report: () => ask({ kind: 'report' }),
    arrivals: async () => new Map((await ask<Arrivals>({ kind: 'arrivals' })).arrivedMs),
    pid: child.pid,
  };
}
