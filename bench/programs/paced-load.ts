import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { answerBench } from '../harness/answer.ts';

/** Publishes at an even rate, whether or not the answers keep up. */
export interface PacedLoad {
  url: string;
  headers: Record<string, string>;
  perSecond: number;
  seconds: number;
}

export interface PacedLoadResult {
  published: number;
  failed: number;
}

const connections = 32;
const tickMs = 2;
const now = () => performance.timeOrigin + performance.now();

answerBench<PacedLoad>(async ({ url, headers, perSecond, seconds }): Promise<PacedLoadResult> => {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections });
  const total = Math.round(perSecond * seconds);
  const answers: Promise<boolean>[] = [];
  const startedMs = performance.now();
  while (answers.length < total) {
    const due = Math.min(total, ((performance.now() - startedMs) / 1_000) * perSecond);
    while (answers.length < due) answers.push(publish(pool, path, headers));
    await sleep(tickMs);
  }
  const failed = (await Promise.all(answers)).filter((isAccepted) => !isAccepted).length;
  await pool.close();
  return { published: total - failed, failed };
});

async function publish(pool: Pool, path: string, headers: Record<string, string>) {
  const body = JSON.stringify({ type: 'order.paid', data: { order: 'A-1', sentAtMs: now() } });
  try {
    const answer = await pool.request({ path, method: 'POST', headers, body });
    await answer.body.dump();
    return answer.statusCode === 202;
  } catch {
    return false;
  }
}
