import { encodeCursor } from '@trellis/core/pagination';
import type { Sql } from 'postgres';
import type { Bench, BenchContext } from './harness/bench.ts';
import { type FilledTrail, fillAudit } from './harness/fill-audit.ts';
import { reportLatencies } from './harness/latencies.ts';
import { type Question, startListBench } from './harness/list-bench.ts';
import { timeRequests } from './harness/time-requests.ts';

const entries = Number(process.env.BENCH_ENTRIES ?? 10_000_000);
const pageSize = 25;
const deepPage = 10_000;
const requestsPerRound = 60;

/** Pages of a long trail over HTTP, one request after the other. */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const { trellis, owner } = await startListBench(lifecycle);
  const filled = await fillAudit(owner, trellis.tenantId, entries);
  for (const question of questionsOf(filled)) {
    const cursors = [undefined, await findCursor(trellis, question)];
    for (const [index, cursor] of cursors.entries()) {
      if (index > 0 && cursor === undefined) continue;
      const page = index === 0 ? 1 : deepPage;
      const times = await timeRequests(trellis, rounds * requestsPerRound, (nth) => {
        const query = new URLSearchParams({ ...question.filter(nth), ...(cursor && { cursor }) });
        return `/audit-logs?${query}`;
      });
      reportLatencies(`${question.name}, page ${page.toLocaleString('en')}`, times);
    }
  }
}

function questionsOf(filled: FilledTrail): Question[] {
  const { busyActor, actors, unknownActor, action, resource, rareResource, from, to } = filled;
  return [
    { name: 'no filter', filter: () => ({}), where: 'true' },
    { name: 'actor, any', filter: (nth) => ({ actorId: actors[nth % actors.length] ?? '' }) },
    {
      name: 'actor, busy',
      filter: () => ({ actorId: busyActor }),
      where: `actor_id = '${busyActor}'`,
    },
    { name: 'actor, unknown', filter: () => ({ actorId: unknownActor }) },
    { name: 'action', filter: () => ({ action }), where: `action = '${action}'` },
    {
      name: 'resource, busy',
      filter: () => ({ resourceType: resource.type, resourceId: resource.id }),
      where: `resource_type = '${resource.type}' and resource_id = '${resource.id}'`,
    },
    {
      name: 'resource, rare',
      filter: () => ({ resourceType: rareResource.type, resourceId: rareResource.id }),
    },
    { name: 'resource type', filter: () => ({ resourceType: resource.type }) },
    { name: 'a day', filter: () => ({ from, to }) },
    {
      name: 'actor, any, in a day',
      filter: (nth) => ({ actorId: actors[nth % actors.length] ?? '', from, to }),
    },
    { name: 'actor and action', filter: () => ({ actorId: busyActor, action }) },
  ];
}

async function findCursor(
  { sql, tenantId }: { sql: Sql; tenantId: string },
  { where }: Question,
): Promise<string | undefined> {
  if (where === undefined) return undefined;
  const [row] = await sql.unsafe<{ id: string }[]>(
    `select id from audit_logs where tenant_id = '${tenantId}' and ${where}
      order by id desc offset ${(deepPage - 1) * pageSize - 1} limit 1`,
  );
  return row && encodeCursor(row.id);
}

export default {
  summary: 'pages of an audit trail of 10 million entries, by filter and depth',
  run,
} satisfies Bench;
