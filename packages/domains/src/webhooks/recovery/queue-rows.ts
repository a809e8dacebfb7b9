import type { Tx } from '@trellis/db/tenant-db';
import { type PageRange, rowsOf, type Search } from './look-for-rows.ts';

export interface QueuedPage {
  /** The last id that was looked at; null when there was none. */
  last: string | null;
  seen: number;
  queued: number;
}

/** Queues what fits of the next rows, in one statement. */
export async function queueRows(tx: Tx, search: Search, range: PageRange): Promise<QueuedPage> {
  const { sql } = tx;
  const [page] = await sql<QueuedPage[]>`
    with page as materialized (${rowsOf(sql, search, range)}),
    ${placed(sql, search.webhook.tenantId)},
    queued as (${search.kind === 'failed' ? queueAgain(sql) : queueFirst(sql, search.webhook)})
    select (select id from page order by id desc limit 1) as last,
      (select count(*) from page)::int as seen, (select count(*) from queued)::int as queued`;
  return page ?? { last: null, seen: 0, queued: 0 };
}

/** What has an ordering key goes to the end of its line, in the order of the page. */
function placed(sql: Tx['sql'], tenantId: string) {
  return sql`
    placed as materialized (
      select *, case when ordering_key is not null
        then trellis_next_position(${tenantId}, ordering_key) end as position
      from (select * from page where fits order by ordering_key, id) inorder
    )`;
}

/**
 * What still waits for a retry keeps its place: others may have queued up behind it. What has an
 * ordering key is parked, and the sweep of the workers lets the first of each key go.
 */
function queueAgain(sql: Tx['sql']) {
  return sql`
    update webhook_deliveries d
    set status = 'pending', trigger = 'recovery', tries = 0,
      due_at = case when d.ordering_key is null then now() else 'infinity' end,
      position = case d.status when 'exhausted' then placed.position else d.position end
    from placed
    where d.id = placed.id and d.status in ('exhausted', 'failed')
      and (d.leased_until is null or d.leased_until <= now())
    returning d.id`;
}

function queueFirst(sql: Tx['sql'], { id, tenantId }: Search['webhook']) {
  return sql`
    insert into webhook_deliveries
      (id, tenant_id, webhook_id, event_id, event_type, trigger, ordering_key, position, due_at)
    select trellis_uuid(), ${tenantId}, ${id}, id, type, 'recovery', ordering_key, position,
      case when ordering_key is null then now() else 'infinity' end
    from placed
    returning id`;
}
