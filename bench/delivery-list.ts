import { encodeCursor } from '@trellis/core/pagination';
import type { Bench, BenchContext } from './harness/bench.ts';
import { type FilledDeliveries, fillDeliveries } from './harness/fill-deliveries.ts';
import { reportLatencies } from './harness/latencies.ts';
import { type Question, startListBench } from './harness/list-bench.ts';
import { timeRequests } from './harness/time-requests.ts';
import type { BenchTrellis } from './harness/trellis.ts';
import { subscribe } from './harness/trellis-deliveries.ts';

const rows = Number(process.env.BENCH_DELIVERIES ?? 10_000_000);
const p95MsMax = 100;
const pageSize = 25;
const deepPage = 1_000;
const requestsPerRound = 60;
const otherSubscriptions = 9;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const statuses = ['delivered', 'exhausted', 'cancelled', 'failed', 'pending'];

/** Pages of the deliveries of a subscription over HTTP, one request after the other. */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const { trellis, owner } = await startListBench(lifecycle);
  const busy = await subscribe(trellis, 'http://127.0.0.1:9/');
  const others: string[] = [];
  while (others.length < otherSubscriptions) {
    others.push(await subscribe(trellis, 'http://127.0.0.1:9/'));
  }
  const filled = await fillDeliveries(owner, trellis.tenantId, { busy, others }, rows);
  console.log(`\nOne subscription has 8 of 10 of ${rows.toLocaleString('en')} deliveries`);
  for (const { name, filter, where } of questionsOf(filled)) {
    const cursors = [undefined, where && (await findCursor(trellis, busy, where))];
    for (const [index, cursor] of cursors.entries()) {
      if (index > 0 && !cursor) continue;
      const times = await timeRequests(trellis, rounds * requestsPerRound, (nth) => {
        const query = new URLSearchParams({ ...filter(nth), ...(cursor && { cursor }) });
        return `/webhooks/${busy}/deliveries?${query}`;
      });
      const page = index === 0 ? '' : `, page ${deepPage.toLocaleString('en')}`;
      reportLatencies(`${name}${page}`, times, p95MsMax);
    }
  }
  const times = await timeRequests(trellis, rounds * requestsPerRound, (nth) => {
    const status = statuses[nth % statuses.length] ?? '';
    return `/webhooks/${others[nth % others.length]}/deliveries?status=${status}`;
  });
  reportLatencies('another subscription, each status', times, p95MsMax);
}

function questionsOf(filled: FilledDeliveries): Question[] {
  const { types, eventIds, neverExhausted, fromMs, toMs } = filled;
  const common = (nth: number) => ({ event: types[nth % 5] ?? '' });
  const rare = (nth: number) => ({ event: types[types.length - 10 + (nth % 10)] ?? '' });
  /** As long a window, each time at another place. */
  const window = (lengthMs: number) => (nth: number) => {
    const since = fromMs + ((nth * 0.618) % 1) * (toMs - fromMs - lengthMs);
    return { since: timeOf(since), until: timeOf(since + lengthMs) };
  };
  const minute = window(minuteMs);
  const day = window(dayMs);
  const statusOf = (nth: number) => ({ status: statuses[nth % statuses.length] ?? '' });
  return [
    { name: 'no filter', filter: () => ({}), where: 'true' },
    ...statuses.map((status) => ({
      name: `status ${status}`,
      filter: () => ({ status }),
      where: `status = '${status}'`,
    })),
    { name: 'event, common', filter: common, where: `event_type = '${types[0]}'` },
    { name: 'event, very rare', filter: rare },
    { name: 'event, unknown', filter: () => ({ event: 'no.such' }) },
    { name: 'a minute', filter: minute },
    { name: 'a day', filter: day },
    {
      name: 'older than 5 to 25 days',
      filter: (nth) => ({ until: timeOf(toMs - (5 + (nth % 21)) * dayMs) }),
    },
    { name: 'status and event', filter: (nth) => ({ ...statusOf(nth), ...common(nth) }) },
    { name: 'status and rare event', filter: (nth) => ({ ...statusOf(nth), ...rare(nth) }) },
    {
      name: 'status and event that never meet',
      filter: () => ({ status: 'exhausted', event: neverExhausted }),
    },
    { name: 'status in a day', filter: (nth) => ({ ...statusOf(nth), ...day(nth) }) },
    { name: 'event in a day', filter: (nth) => ({ ...common(nth), ...day(nth) }) },
    {
      name: 'all three, a minute',
      filter: (nth) => ({ ...statusOf(nth), ...common(nth), ...minute(nth) }),
    },
    {
      name: 'all three, a day',
      filter: (nth) => ({ ...statusOf(nth), ...common(nth), ...day(nth) }),
    },
    {
      name: 'all three, a day, rare event',
      filter: (nth) => ({ ...statusOf(nth), ...rare(nth), ...day(nth) }),
    },
    { name: 'eventId', filter: (nth) => ({ eventId: eventIds[nth % eventIds.length] ?? '' }) },
  ];
}

const timeOf = (unixMs: number) => new Date(unixMs).toISOString();

/** Of the last row before the deep page; undefined when there are not so many. */
async function findCursor(
  { sql }: Pick<BenchTrellis, 'sql'>,
  webhookId: string,
  where: string,
): Promise<string | undefined> {
  const [row] = await sql.unsafe<{ id: string }[]>(
    `select id from webhook_deliveries where webhook_id = '${webhookId}' and ${where}
      order by id desc offset ${(deepPage - 1) * pageSize - 1} limit 1`,
  );
  return row && encodeCursor(row.id);
}

export default {
  summary: 'pages of 10 million deliveries, by status, event type and time; p95 below 100 ms',
  run,
} satisfies Bench;
