import type { BenchTrellis } from './trellis.ts';

/** These open connections and prepare statements. */
const uncounted = 10;

/** Milliseconds of each GET, one after the other; `pathOf` gets the number of the request. */
export async function timeRequests(
  { url, token }: Pick<BenchTrellis, 'url' | 'token'>,
  requests: number,
  pathOf: (nth: number) => string,
): Promise<number[]> {
  const times: number[] = [];
  for (let nth = 0; nth < requests + uncounted; nth++) {
    const path = pathOf(nth);
    const startedAt = performance.now();
    const response = await fetch(`${url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    if (nth >= uncounted) times.push(performance.now() - startedAt);
  }
  return times;
}
