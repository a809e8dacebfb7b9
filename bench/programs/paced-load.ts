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
  /** When the publish of each event was answered, by its id, in milliseconds of Unix time. */
  answeredMs: [id: string, ms: number][];
}

const connections = 32;
const tickMs = 2;
const now = () => performance.timeOrigin + performance.now();

answerBench<PacedLoad>(async ({ url, headers, perSecond, seconds }): Promise<PacedLoadResult> => {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections });
  const total = Math.round(perSecond * seconds);
  const answers: Promise<[id: string, ms: number] | undefined>[] = [];
  const startedMs = performance.now();
  while (answers.length < total) {
    const due = Math.min(total, ((performance.now() - startedMs) / 1_000) * perSecond);
    while (answers.length < due) answers.push(publish(pool, path, headers));
    await sleep(tickMs);
  }
  const answeredMs = (await Promise.all(answers)).filter((answer) => answer !== undefined);
  await pool.close();
  return { published: answeredMs.length, failed: total - answeredMs.length, answeredMs };
});

/** Undefined when it was not accepted. */
async function publish(
  pool: Pool,
  path: string,
  headers: Record<string, string>,
): Promise<[id: string, ms: number] | undefined> {
  const body = JSON.stringify({ type: 'order.paid', data: { order: 'A-1', sentAtMs: now() } });
  try {
    const answer = await pool.request({ path, method: 'POST', headers, body });
    const { id } = (await answer.body.json()) as { id: string };
    return answer.statusCode === 202 ? [id, now()] : undefined;
  } catch {
    return undefined;
  }
}
