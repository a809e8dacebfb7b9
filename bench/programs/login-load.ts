import { Pool } from 'undici';
import { answerBench } from '../harness/answer.ts';

/** Logs in as fast as it is answered, each account over and over by itself. */
export interface LoginLoad {
  url: string;
  accounts: { email: string; password: string }[];
  seconds: number;
}

export interface LoginLoadResult {
  logins: number;
  /** Answers other than 200. */
  failed: number;
  seconds: number;
  p99Ms: number;
}

answerBench<LoginLoad>(async ({ url, accounts, seconds }): Promise<LoginLoadResult> => {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections: accounts.length });
  const headers = { 'content-type': 'application/json' };
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const tookMs: number[] = [];
  let failed = 0;
  const lane = async (account: LoginLoad['accounts'][number]) => {
    const body = JSON.stringify(account);
    while (performance.now() < endMs) {
      const sentMs = performance.now();
      const answer = await pool.request({ path, method: 'POST', headers, body });
      await answer.body.dump();
      if (answer.statusCode === 200) tookMs.push(performance.now() - sentMs);
      else failed++;
    }
  };
  await Promise.all(accounts.map(lane));
  const elapsed = (performance.now() - startedMs) / 1_000;
  await pool.close();
  tookMs.sort((a, b) => a - b);
  const p99Ms = tookMs[Math.ceil(tookMs.length * 0.99) - 1] ?? Number.NaN;
  return { logins: tookMs.length, failed, seconds: elapsed, p99Ms };
});
