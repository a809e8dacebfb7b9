import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { startBenchServices } from './harness/database.ts';
import { percentile } from './harness/percentile.ts';
import { medianOf, reportBound, reportComparison } from './harness/report.ts';
import { compare, type Sample, type Side } from './harness/rounds.ts';
import { type BenchTenant, type BenchTrellis, startTrellis } from './harness/trellis.ts';
import type { PacedReads, PacedReadsResult } from './programs/paced-reads.ts';

const secondsPerPhase = 10;
const perSecond = 100;
/** Requests per minute, and how many times as fast the other tenant asks. */
const rateLimit = 6_000;
const excess = 10;
const ratioMax = 1.2;

/**
 * How long one tenant's requests take while another asks at ten times its limit, beside how long
 * they take without it.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const greedy = await trellis.addTenant();
  const overrides = JSON.stringify({ rateLimit });
  await trellis.sql`
    update tenants set plan_overrides = ${overrides}::text::jsonb where id = ${greedy.tenantId}`;
  const [own, other] = [1, 2].map(() => startChild(lifecycle, 'bench/programs/paced-reads.ts')) as [
    Child,
    Child,
  ];
  const alone: Side = {
    name: 'B alone',
    measure: async () => sampleOf(await read(trellis, own, trellis, perSecond)),
  };
  const beside: Side = {
    name: 'B beside A',
    async measure() {
      const [mine, others] = await Promise.all([
        read(trellis, own, trellis, perSecond),
        read(trellis, other, greedy, (excess * rateLimit) / 60),
      ]);
      const refused = (others.statuses[429] ?? 0) / others.requests;
      return { ...sampleOf(mine), 'of the requests of A refused, %': 100 * refused };
    },
  };
  console.log(
    `Tenant B reads ${perSecond} times/s. Tenant A may do so ${rateLimit / 60} times/s, and tries ` +
      `${(excess * rateLimit) / 60}.\n`,
  );
  const samples = await compare(rounds, alone, beside);
  reportComparison('One tenant beside another', 'p99, ms', [alone, beside], samples);
  const ratios = samples.trellis.map(
    ({ rate }, round) => rate / (samples.reference[round]?.rate ?? 0),
  );
  reportBound('p99 beside the other by p99 alone', medianOf(ratios), ratioMax);
}

function read(
  { url }: BenchTrellis,
  reader: Child,
  { token }: BenchTenant,
  rate: number,
): Promise<PacedReadsResult> {
  return reader.ask<PacedReadsResult>({
    url: `${url}/api/v1/permissions`,
    headers: { authorization: `Bearer ${token}` },
    perSecond: rate,
    seconds: secondsPerPhase,
  } satisfies PacedReads);
}

function sampleOf({ requests, statuses, latenciesMs }: PacedReadsResult): Sample {
  if (statuses[200] !== requests) throw new Error(`B was answered ${JSON.stringify(statuses)}`);
  return {
    rate: percentile(latenciesMs, 0.99),
    'p50, ms': percentile(latenciesMs, 0.5),
    'longest, ms': percentile(latenciesMs, 1),
  };
}

export default {
  summary: 'the latency of one tenant while another asks at ten times its limit',
  run,
} satisfies Bench;
