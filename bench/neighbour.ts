import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { startBenchServices } from './harness/database.ts';
import { percentile } from './harness/percentile.ts';
import { medianOf, reportBound, reportComparison } from './harness/report.ts';
import { compare, type Sample, type Side } from './harness/rounds.ts';
import { type BenchTenant, startTrellis } from './harness/trellis.ts';
import type { LimitedApi, LimitedApiSetup } from './programs/limited-api.ts';
import type { PacedReads, PacedReadsResult } from './programs/paced-reads.ts';

const secondsPerPhase = 15;
const perSecond = 200;
/** Requests per minute, and how many times as fast the other tenant asks. */
const rateLimit = 6_000;
const excess = 10;
const ratioMax = 1.2;

interface Target {
  url: string;
  headers: Record<string, string>;
}

/**
 * How long one tenant's requests take while another asks at ten times its limit, beside how long
 * they take while the other asks a server of its own: what asks shares the machine with the servers
 * here, and the time that B waits for its CPU is not what Trellis lets A do to B.
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
  const bare = startChild(lifecycle, 'bench/programs/limited-api.ts');
  const elsewhere = await bare.ask<LimitedApi>({ limiter: 'none' } satisfies LimitedApiSetup);
  const permissions = (tenant: BenchTenant): Target => ({
    url: `${trellis.url}/api/v1/permissions`,
    headers: { authorization: `Bearer ${tenant.token}` },
  });
  const withOther = (name: string, target: Target): Side => ({
    name,
    async measure() {
      const [mine, others] = await Promise.all([
        read(own, permissions(trellis), perSecond),
        read(other, target, (excess * rateLimit) / 60),
      ]);
      const refused = (others.statuses[429] ?? 0) / others.requests;
      return { ...sampleOf(mine), 'of the requests of A refused, %': 100 * refused };
    },
  });
  const apart = withOther('B, and A asks elsewhere', { url: elsewhere.url, headers: {} });
  const beside = withOther('B beside A', permissions(greedy));
  const alone = sampleOf(await read(own, permissions(trellis), perSecond));
  console.log(
    `Tenant B reads ${perSecond} times/s. Tenant A may do so ${rateLimit / 60} times/s, and tries ` +
      `${(excess * rateLimit) / 60}. B on a machine that does nothing else: p99 ` +
      `${alone.rate.toFixed(2)} ms.\n`,
  );
  const samples = await compare(rounds, apart, beside);
  reportComparison('One tenant beside another', 'p99, ms', [apart, beside], samples);
  const ratios = samples.trellis.map(
    ({ rate }, round) => rate / (samples.reference[round]?.rate ?? 0),
  );
  reportBound('p99 beside the other by p99 without it', medianOf(ratios), ratioMax);
}

function read(reader: Child, target: Target, rate: number): Promise<PacedReadsResult> {
  return reader.ask<PacedReadsResult>({
    ...target,
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
