import type { CustomHeader, PreviousSecret } from '@trellis/db/schema/webhooks';
import type { TenantDb } from '@trellis/db/tenant-db';

/** A delivery that this worker may now send, with all that it takes. */
export interface ClaimedDelivery {
  id: string;
  tenant_id: string;
  webhook_id: string;
  event_id: string;
  ordering_key: string | null;
  trigger: 'automatic' | 'manual' | 'recovery' | 'test';
  /** This attempt's number. It counts once the attempt is recorded, so a crash uses none up. */
  attempt: number;
  /** This attempt's number since the retries began. */
  tries: number;
  /** When the claim ends, as text: what tells this claim from a later one. */
  lease: string;
  /** Since its event was written, by the clock of Postgres, when it was claimed. */
  age_ms: number;
  /** When it was claimed, by `performance.now()` of this process. */
  claimedMs: number;
  /** The one that is sent while the circuit of its endpoint is open. */
  is_probe: boolean;
  url: string;
  /** Sealed. */
  secret: string;
  previous_secrets: PreviousSecret[];
  headers: CustomHeader[];
  payload: string;
  retry_tail: boolean;
  /** An endpoint that did nothing but fail for so many days is disabled. */
  failure_days: number;
}

/** How much of what a claim may bring. */
export interface ClaimShares {
  /** How many of one subscription, and of one tenant, a worker may hold at most. */
  perWebhook: number;
  perTenant: number;
  /** How many it holds now, for subscriptions and tenants that differ from none. */
  heldByWebhook: ReadonlyMap<string, number>;
  heldByTenant: ReadonlyMap<string, number>;
  /** Subscriptions that answer slowly, with the number of their last turn. */
  slow: ReadonlyMap<string, number>;
  /** How many of these it may claim in all, probes included. */
  slowFree: number;
}

export interface ClaimRequest {
  /** How many at most. */
  limit: number;
  shares: ClaimShares;
  /** Until the lease ends no other worker takes it; then everybody may, should this one be gone. */
  leaseMs: number;
  /** Where the round over the subscriptions goes on. */
  after: string | null;
}

/** How many subscriptions one claim looks at; the next one goes on behind them. */
export const webhooksPerClaim = 200;

export interface Claim {
  deliveries: ClaimedDelivery[];
  /** How many wait from now on for another of their ordering key. */
  parked: number;
  /** The last subscription that was looked at; null when the round has come to its end. */
  last: string | null;
}

type Row = ClaimedDelivery & { last: string | null; parked: boolean | null };

/**
 * Takes what is due, a few of each subscription in turn, so that one with ten thousand waiting
 * does not stand before one with a single delivery. Walks the subscriptions that have anything
 * waiting by jumping from one to the next in the index.
 *
 * Slow subscriptions share the places that are left for them: whoever holds less, or had its last
 * turn longer ago, comes first. Of an endpoint whose circuit is open it takes nothing, and one as a
 * probe when the time has come: the row of its failures is locked, so of all workers one gets it. What has another of its
 * ordering key before it is parked: it leaves the due part of the index.
 */
export async function claimDue(
  db: Pick<TenantDb, 'querySystem'>,
  request: ClaimRequest,
): Promise<Claim> {
  const { limit, shares, leaseMs, after } = request;
  const { perWebhook, perTenant, heldByWebhook, heldByTenant, slow, slowFree } = shares;
  const lease = leaseMs / 1_000;
  const rows = await db.querySystem<Row>(
    (sql) => sql`
    with recursive waiting as (
      select * from (
        select webhook_id, 1 as place from webhook_deliveries
        where status in ('pending', 'failed') and webhook_id > ${after ?? nobody}
        order by webhook_id limit 1) first
      union all
      select following.webhook_id, waiting.place + 1
      from waiting, lateral (
        select webhook_id from webhook_deliveries
        where status in ('pending', 'failed') and webhook_id > waiting.webhook_id
        order by webhook_id limit 1) following
      where waiting.place < ${webhooksPerClaim}
    ), half_open as (
      select webhook_id from webhook_failures
      where open_until <= now() and webhook_id in (select webhook_id from waiting)
      order by open_until limit ${slowFree}
      for update skip locked
    ), open_to as (
      select w.id, w.tenant_id, w.url, w.secret, w.previous_secrets, w.headers, p.retry_tail,
        p.webhook_failure_days as failure_days,
        case when f.open_until is null
            then least(${perWebhook} - coalesce(hw.held, 0), ${perTenant} - coalesce(ht.held, 0))
          else (select count(*) from half_open where half_open.webhook_id = w.id) end as free,
        ${perTenant} - coalesce(ht.held, 0) as tenant_free, coalesce(hw.held, 0) as held,
        f.open_until is not null as is_probe, slow.turn as last_turn,
        f.open_until is not null or slow.turn is not null as is_slow
      from waiting
      join webhooks w on w.id = waiting.webhook_id and w.is_active
      join tenants t on t.id = w.tenant_id and t.status = 'active'
      join plans p on p.plan_type = t.plan_type
      left join webhook_failures f on f.webhook_id = w.id
      left join unnest(${[...heldByWebhook.keys()]}::uuid[], ${[...heldByWebhook.values()]}::int[])
        as hw (webhook_id, held) on hw.webhook_id = w.id
      left join unnest(${[...heldByTenant.keys()]}::uuid[], ${[...heldByTenant.values()]}::int[])
        as ht (tenant_id, held) on ht.tenant_id = w.tenant_id
      left join unnest(${[...slow.keys()]}::uuid[], ${[...slow.values()]}::int[])
        as slow (webhook_id, turn) on slow.webhook_id = w.id
    ), candidate as (
      select *, case when is_slow and ${slowFree} = 0 then 0
        when is_slow then least(free, greatest(1,
          ceil(${slowFree}::float8 / greatest(1, count(*) filter (where is_slow) over ()))))
        else free end::int as share
      from open_to where free > 0
    ), due as (
      select * from (
        select picked.*, candidate.*,
          row_number() over (partition by candidate.tenant_id order by picked.turn) as tenant_turn,
          row_number() over (
            partition by is_slow order by held + picked.turn, last_turn) as slow_turn
        from candidate, lateral (
          select d.id as delivery_id, row_number() over (order by d.due_at) as turn,
            d.ordering_key is not null and exists (
              select from webhook_deliveries before
              where before.webhook_id = candidate.id and before.status in ('pending', 'failed')
                and before.ordering_key = d.ordering_key and before.position < d.position) as parked
          from (
            select id, due_at, ordering_key, position from webhook_deliveries
            where webhook_id = candidate.id and status in ('pending', 'failed')
              and due_at <= now() and (leased_until is null or leased_until <= now())
            order by due_at limit candidate.share
            for update skip locked) d) picked) ranked
      where (is_probe or tenant_turn <= tenant_free)
        and (not is_slow or slow_turn <= ${slowFree})
      order by turn limit ${limit}
    ), claimed as (
      update webhook_deliveries d
      set due_at = case when due.parked then 'infinity' else d.due_at end,
        leased_until = case when not due.parked then now() + make_interval(secs => ${lease}) end
      from due where d.id = due.delivery_id
      returning d.id, d.tenant_id, d.webhook_id, d.event_id, d.ordering_key, d.trigger,
        d.attempts + 1 as attempt, d.tries + 1 as tries, d.leased_until::text as lease,
        (extract(epoch from clock_timestamp() - d.created_at) * 1000)::float8 as age_ms,
        due.parked, due.is_probe, due.url, due.secret, due.previous_secrets, due.headers, due.retry_tail,
        due.failure_days
    ), probing as (
      update webhook_failures set open_until = now() + make_interval(secs => ${lease})
      where webhook_id in (select webhook_id from claimed where is_probe and not parked)
    )
    select claimed.*, e.payload, round.last
    from (select max(webhook_id::text) filter (where place = ${webhooksPerClaim}) as last
      from waiting) round
    left join claimed on true
    left join events e on e.id = claimed.event_id and not claimed.parked`,
  );
  const claimedMs = performance.now();
  const found = rows.filter((row) => row.id !== null);
  return {
    deliveries: found.filter((row) => !row.parked).map((row) => Object.assign(row, { claimedMs })),
    parked: found.filter((row) => row.parked).length,
    last: rows[0]?.last ?? null,
  };
}

const nobody = '00000000-0000-0000-0000-000000000000';
