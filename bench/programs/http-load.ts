import autocannon from 'autocannon';
import { answerBench } from '../harness/answer.ts';

/** Sends requests as fast as they are answered. */
export interface HttpLoad {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  /** Instead of `body`: one after the other, over and over, in each connection. */
  bodies?: string[];
  connections: number;
  /** How long; or how many, so that none is on its way when it ends. */
  seconds?: number;
  requests?: number;
}

export interface HttpLoadResult {
  requests: number;
  /** Broken connections, timeouts, and answers other than 2xx. */
  failed: number;
  seconds: number;
  p99Ms: number;
}

answerBench<HttpLoad>(async (load): Promise<HttpLoadResult> => {
  const result = await autocannon({
    url: load.url,
    method: load.method,
    headers: load.headers,
    ...(load.body !== undefined && { body: load.body }),
    ...(load.bodies && { requests: load.bodies.map((body) => ({ body })) }),
    connections: load.connections,
    ...(load.requests === undefined ? { duration: load.seconds } : { amount: load.requests }),
  });
  return {
    requests: result['2xx'],
    failed: result.errors + result.timeouts + result.non2xx,
    seconds: result.duration,
    p99Ms: result.latency.p99,
  };
});
