import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { startBenchServices } from './harness/database.ts';
import { createPartsMeter, type PartsMeter } from './harness/parts-cpu.ts';
import { medianOf, reportBound, reportSpreads } from './harness/report.ts';
import { startTrellis } from './harness/trellis.ts';
import type { LimitedApi, LimitedApiSetup } from './programs/limited-api.ts';
import type { PacedReads, PacedReadsResult } from './programs/paced-reads.ts';

const secondsPerRound = 6;
/** Requests per second, the same for all: at another rate a server does other things beside them. */
const rates = [1_000, 4_000];

/** A server behind a limiter, and the same without it. */
interface Pair {
  name: string;
  limited: Target;
  free: Target;
}

interface Target {
  url: string;
  headers: Record<string, string>;
  cpu: PartsMeter;
}

/**
 * What a limiter costs: CPU of the server and of Redis for a request, less what the same server
 * takes without it. Trellis counts a sliding window strictly, the others count fixed ones.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const { redisUrl } = services;
  if (!redisUrl) throw new Error('this bench needs Redis: set REDIS_URL, or install redis-server');
  const trellis = await startTrellis(lifecycle, services);
  const unlimited = await trellis.startApi({ RATE_LIMIT: 'off' });
  const meter = ({ pid }: Child) =>
    createPartsMeter(lifecycle, { sql: trellis.sql, redisUrl }, { server: pid });
  const bare = async (limiter: LimitedApiSetup['limiter']): Promise<Target> => {
    const child = startChild(lifecycle, 'bench/programs/limited-api.ts');
    const { url } = await child.ask<LimitedApi>({ limiter, redisUrl } satisfies LimitedApiSetup);
    return { url, headers: { 'x-tenant': trellis.tenantId }, cpu: await meter(child) };
  };
  const own = async (url: string, api: Child): Promise<Target> => ({
    url: `${url}/api/v1/permissions`,
    headers: { authorization: `Bearer ${trellis.token}` },
    cpu: await meter(api),
  });
  const free = await bare('none');
  const pairs: Pair[] = [
    { name: '@fastify/rate-limit', limited: await bare('fastify'), free },
    { name: 'rate-limiter-flexible', limited: await bare('flexible'), free },
    {
      name: 'Trellis',
      limited: await own(trellis.url, trellis.api),
      free: await own(unlimited.url, unlimited.api),
    },
  ];
  const loader = startChild(lifecycle, 'bench/programs/paced-reads.ts');
  for (const perSecond of rates) await compareCosts(pairs, loader, perSecond, rounds);
}

async function compareCosts(
  pairs: readonly Pair[],
  loader: Child,
  perSecond: number,
  rounds: number,
): Promise<void> {
  const costs = new Map(pairs.map(({ name }) => [name, [] as number[]]));
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, limited, free } of pairs) {
      const order = round % 2 === 0 ? [limited, free] : [free, limited];
      const micros = new Map<Target, number>();
      for (const target of order) {
        micros.set(target, await microsPerRequest(loader, target, perSecond));
      }
      const cost = (micros.get(limited) ?? Number.NaN) - (micros.get(free) ?? Number.NaN);
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  reportSpreads(`${perSecond} requests/s: CPU of server and Redis, µs`, Object.fromEntries(costs));
  const least = Math.min(
    ...['@fastify/rate-limit', 'rate-limiter-flexible'].map((name) =>
      medianOf(costs.get(name) ?? []),
    ),
  );
  reportBound('Trellis beside the cheaper of both', medianOf(costs.get('Trellis') ?? []), least);
  console.log('');
}

async function microsPerRequest(
  loader: Child,
  { url, headers, cpu }: Target,
  perSecond: number,
): Promise<number> {
  const { result, cpu: used } = await cpu.measure(() =>
    loader.ask<PacedReadsResult>({
      ...{ url, headers, perSecond },
      seconds: secondsPerRound,
    } satisfies PacedReads),
  );
  const { requests, statuses } = result;
  if (statuses[200] !== requests) {
    throw new Error(`${url} answered ${JSON.stringify(statuses)}`);
  }
  return ((used.server ?? Number.NaN) + (used.Redis ?? Number.NaN)) / requests;
}

export default {
  summary: 'what the limiter costs a request, beside other limiters in Redis',
  run,
} satisfies Bench;
