import { sql } from 'drizzle-orm';
import { bigint, boolean, integer, pgView, text, uuid } from 'drizzle-orm/pg-core';

/**
 * What each tenant may use: its plan with its overrides, and with the quotas that a change of plan
 * left as they were for a while. Row-level security is that of who asks.
 */
export const tenantLimits = pgView('tenant_limits', {
  tenantId: uuid().notNull(),
  planType: text().notNull(),
  planName: text().notNull(),
  rateLimit: integer().notNull(),
  maxUsers: integer().notNull(),
  maxStorage: bigint({ mode: 'number' }).notNull(),
  maxWebhooks: integer().notNull(),
  maxEvents: integer().notNull(),
  retentionDays: integer().notNull(),
  retryTail: boolean().notNull(),
  featuresEnabled: text().array().notNull(),
})
  .with({ securityInvoker: true })
  .as(sql`
    select t.id as tenant_id, p.plan_type, p.name as plan_name,
      coalesce((t.plan_overrides->>'rateLimit')::int, p.rate_limit) as rate_limit,
      greatest(coalesce((t.plan_overrides->>'maxUsers')::int, p.max_users),
        (g.quotas->>'maxUsers')::int) as max_users,
      greatest(coalesce((t.plan_overrides->>'maxStorage')::bigint, p.max_storage),
        (g.quotas->>'maxStorage')::bigint) as max_storage,
      greatest(coalesce((t.plan_overrides->>'maxWebhooks')::int, p.max_webhooks),
        (g.quotas->>'maxWebhooks')::int) as max_webhooks,
      greatest(coalesce((t.plan_overrides->>'maxEvents')::int, p.max_events),
        case when g.quotas->>'eventsMonth' = to_char(now() at time zone 'utc', 'YYYY-MM')
          then (g.quotas->>'maxEvents')::int end) as max_events,
      p.retention_days, p.retry_tail,
      case when t.plan_overrides ? 'featuresEnabled'
        then array(select jsonb_array_elements_text(t.plan_overrides->'featuresEnabled'))
        else p.features_enabled end as features_enabled
    from tenants t
    join plans p using (plan_type)
    left join lateral (select t.plan_grace as quotas where t.plan_grace_until > now()) g on true`);
