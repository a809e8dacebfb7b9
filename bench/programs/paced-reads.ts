import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { answerBench } from '../harness/answer.ts';

/** Reads at an even rate, whether or not the answers keep up. */
export interface PacedReads {
  url: string;
  headers: Record<string, string>;
  perSecond: number;
  seconds: number;
}

export interface PacedReadsResult {
  requests: number;
  /** How many answered each status; 0 stands for a broken connection. */
  statuses: Record<number, number>;
  latenciesMs: number[];
}

const connections = 64;
const tickMs = 1;

answerBench<PacedReads>(async ({ url, headers, perSecond, seconds }): Promise<PacedReadsResult> => {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections });
  const total = Math.round(perSecond * seconds);
  const statuses: Record<number, number> = {};
  const latenciesMs: number[] = [];
  const read = async () => {
    const sentMs = performance.now();
    const status = await pool.request({ path, method: 'GET', headers }).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      },
      () => 0,
    );
    statuses[status] = (statuses[status] ?? 0) + 1;
    latenciesMs.push(performance.now() - sentMs);
  };
  const reads: Promise<void>[] = [];
  const startedMs = performance.now();
  while (reads.length < total) {
    const due = Math.min(total, ((performance.now() - startedMs) / 1_000) * perSecond);
    while (reads.length < due) reads.push(read());
    await sleep(tickMs);
  }
  await Promise.all(reads);
  await pool.close();
  return { requests: total, statuses, latenciesMs };
});
