ALTER TABLE "api_keys" ADD COLUMN "rate_limit" integer;--> statement-breakpoint
ALTER TABLE "plans" ADD COLUMN "is_public" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "plan_grace" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "plan_grace_until" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "plans_is_default_index" ON "plans" USING btree ("is_default") WHERE "plans"."is_default";--> statement-breakpoint
CREATE INDEX "tenants_plan_type_index" ON "tenants" USING btree ("plan_type");--> statement-breakpoint
CREATE VIEW "public"."tenant_limits" WITH (security_invoker = true) AS (
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
    left join lateral (select t.plan_grace as quotas where t.plan_grace_until > now()) g on true);