import type { TenantDb } from '@trellis/db/tenant-db';

/** A delivery that this worker may now send, with all that it takes. */
export interface ClaimedDelivery {
  id: string;
  tenant_id: string;
  webhook_id: string;
  event_id: string;
  /** This attempt's number. It counts once the attempt is recorded, so a crash uses none up. */
  attempt: number;
  /** When the claim ends, as text: what tells this claim from a later one. */
  lease: string;
  url: string;
  /** Sealed. */
  secrets: string[];
  payload: string;
  retry_tail: boolean;
}

export interface ClaimRequest {
  /** How many at most. */
  limit: number;
  /** How many of one subscription, and of one tenant, a worker may hold at most. */
  perWebhook: number;
  perTenant: number;
  /** How many it holds now, for subscriptions and tenants that differ from none. */
  heldByWebhook: ReadonlyMap<string, number>;
  heldByTenant: ReadonlyMap<string, number>;
  /** Until the lease ends no other worker takes it; then everybody may, should this one be gone. */
  leaseMs: number;
  /** Where the round over the subscriptions goes on. */
  after: string | null;
}

/** How many subscriptions one claim looks at; the next one goes on behind them. */
export const webhooksPerClaim = 200;

export interface Claim {
  deliveries: ClaimedDelivery[];
  /** The last subscription that was looked at; null when the round has come to its end. */
  last: string | null;
}

/**
 * Takes what is due, a few of each subscription in turn, so that one with ten thousand waiting
 * does not stand before one with a single delivery. Walks the subscriptions that have anything
 * waiting by jumping from one to the next in the index.
 */
export async function claimDue(
  db: Pick<TenantDb, 'querySystem'>,
  request: ClaimRequest,
): Promise<Claim> {
  const { limit, perWebhook, perTenant, heldByWebhook, heldByTenant, leaseMs, after } = request;
  const rows = await db.querySystem<ClaimedDelivery & { last: string | null }>(
    (sql) => sql`
    with recursive waiting as (
      select * from (
        select webhook_id, 1 as position from webhook_deliveries
        where status in ('pending', 'failed') and webhook_id > ${after ?? nobody}
        order by webhook_id limit 1) first
      union all
      select following.webhook_id, waiting.position + 1
      from waiting, lateral (
        select webhook_id from webhook_deliveries
        where status in ('pending', 'failed') and webhook_id > waiting.webhook_id
        order by webhook_id limit 1) following
      where waiting.position < ${webhooksPerClaim}
    ), candidate as (
      select w.id, w.tenant_id, w.url, w.secrets, p.retry_tail,
        least(${perWebhook} - coalesce(hw.held, 0), ${perTenant} - coalesce(ht.held, 0)) as free,
        ${perTenant} - coalesce(ht.held, 0) as tenant_free
      from waiting
      join webhooks w on w.id = waiting.webhook_id and w.is_active
      join tenants t on t.id = w.tenant_id and t.status = 'active'
      join plans p on p.plan_type = t.plan_type
      left join unnest(${[...heldByWebhook.keys()]}::uuid[], ${[...heldByWebhook.values()]}::int[])
        as hw (webhook_id, held) on hw.webhook_id = w.id
      left join unnest(${[...heldByTenant.keys()]}::uuid[], ${[...heldByTenant.values()]}::int[])
        as ht (tenant_id, held) on ht.tenant_id = w.tenant_id
    ), due as (
      select * from (
        select picked.id, candidate.url, candidate.secrets, candidate.retry_tail,
          candidate.tenant_free,
          row_number() over (partition by candidate.tenant_id order by picked.turn) as turn
        from candidate, lateral (
          select d.id, row_number() over (order by d.due_at) as turn from (
            select id, due_at from webhook_deliveries
            where webhook_id = candidate.id and status in ('pending', 'failed')
              and due_at <= now()
            order by due_at limit greatest(candidate.free, 0)
            for update skip locked) d) picked) ranked
      where turn <= tenant_free
      order by turn limit ${limit}
    ), claimed as (
      update webhook_deliveries d
      set due_at = now() + make_interval(secs => ${leaseMs / 1_000})
      from due where d.id = due.id
      returning d.id, d.tenant_id, d.webhook_id, d.event_id, d.attempts + 1 as attempt,
        d.due_at::text as lease, due.url, due.secrets, due.retry_tail
    )
    select claimed.*, e.payload, round.last
    from (select max(webhook_id::text) filter (where position = ${webhooksPerClaim}) as last
      from waiting) round
    left join claimed on true
    left join events e on e.id = claimed.event_id`,
  );
  return {
    deliveries: rows.filter((row) => row.id !== null),
    last: rows[0]?.last ?? null,
  };
}

const nobody = '00000000-0000-0000-0000-000000000000';
