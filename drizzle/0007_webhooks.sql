CREATE TABLE "event_types" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"schema" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "event_types" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "quota_use" (
	"tenant_id" uuid NOT NULL,
	"quota" text NOT NULL,
	"period" date NOT NULL,
	"used" bigint NOT NULL,
	"granted" integer NOT NULL,
	CONSTRAINT "quota_use_tenant_id_quota_period_pk" PRIMARY KEY("tenant_id","quota","period")
);
--> statement-breakpoint
ALTER TABLE "quota_use" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "webhook_failures" (
	"webhook_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"failing_since" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"failures" integer NOT NULL,
	"open_until" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "webhook_failures" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "webhook_recoveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"webhook_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"total" integer,
	"queued" integer DEFAULT 0 NOT NULL,
	"cursor" uuid,
	"created_by" uuid,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "webhook_recoveries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhooks" RENAME COLUMN "secrets" TO "secret";--> statement-breakpoint
ALTER TABLE "webhooks" ALTER COLUMN "secret" SET DATA TYPE text USING "secret"[1];--> statement-breakpoint
DROP INDEX "webhook_deliveries_tenant_id_webhook_id_id_index";--> statement-breakpoint
ALTER TABLE "plans" ADD COLUMN "webhook_failure_days" integer DEFAULT 5 NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "ordering_key" text;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "trigger" text DEFAULT 'automatic' NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "ordering_key" text;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "position" bigint;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "leased_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "previous_secrets" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "headers" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_failures" ADD CONSTRAINT "webhook_failures_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_recoveries" ADD CONSTRAINT "webhook_recoveries_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "event_types_name_key" ON "event_types" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE INDEX "webhook_failures_tenant_id_index" ON "webhook_failures" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "webhook_recoveries_tenant_id_webhook_id_id_index" ON "webhook_recoveries" USING btree ("tenant_id","webhook_id","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_ordering_index" ON "webhook_deliveries" USING btree ("webhook_id","ordering_key","position") WHERE status in ('pending', 'failed') and ordering_key is not null;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_webhook_id_id_index" ON "webhook_deliveries" USING btree ("webhook_id","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_webhook_id_status_id_index" ON "webhook_deliveries" USING btree ("webhook_id","status","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_webhook_id_event_type_status_id_index" ON "webhook_deliveries" USING btree ("webhook_id","event_type","status","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_event_id_index" ON "webhook_deliveries" USING btree ("event_id");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "event_types" AS PERMISSIVE FOR ALL TO "trellis_app" USING ("event_types"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid)) WITH CHECK ("event_types"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "event_types" AS PERMISSIVE FOR ALL TO "trellis_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "quota_use" AS PERMISSIVE FOR ALL TO "trellis_app" USING ("quota_use"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid)) WITH CHECK ("quota_use"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "quota_use" AS PERMISSIVE FOR ALL TO "trellis_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "webhook_failures" AS PERMISSIVE FOR ALL TO "trellis_app" USING ("webhook_failures"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid)) WITH CHECK ("webhook_failures"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "webhook_failures" AS PERMISSIVE FOR ALL TO "trellis_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "webhook_recoveries" AS PERMISSIVE FOR ALL TO "trellis_app" USING ("webhook_recoveries"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid)) WITH CHECK ("webhook_recoveries"."tenant_id" = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "webhook_recoveries" AS PERMISSIVE FOR ALL TO "trellis_system" USING (true) WITH CHECK (true);--> statement-breakpoint
-- The order within an ordering key; no clock is asked, so none can turn it round.
CREATE SEQUENCE webhook_delivery_positions;--> statement-breakpoint
GRANT USAGE ON SEQUENCE webhook_delivery_positions TO trellis_app, trellis_system;--> statement-breakpoint
-- The next place in the line of a key. It is drawn under a lock that lasts until the commit, so the
-- places of a key are in the order of the commits. Whoever draws for several keys does so in their
-- order, so that no two transactions wait for each other.
CREATE FUNCTION trellis_next_position(tenant uuid, ordering_key text) RETURNS bigint
LANGUAGE sql VOLATILE AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(tenant || '/' || ordering_key, 0));
  SELECT nextval('webhook_delivery_positions');
$$;--> statement-breakpoint
-- Changed at every publish or failure: the row finds room on its own page.
ALTER TABLE quota_use SET (fillfactor = 50);--> statement-breakpoint
ALTER TABLE webhook_failures SET (fillfactor = 50);--> statement-breakpoint
-- A claim changes no index, so it stays on its page; what ends leaves the index of what is due.
ALTER TABLE webhook_deliveries SET (fillfactor = 50);--> statement-breakpoint
-- Where Postgres makes them itself (18 and later) it is many times faster.
DO $$
BEGIN
  IF to_regprocedure('pg_catalog.uuidv7()') IS NOT NULL THEN
    CREATE OR REPLACE FUNCTION trellis_uuid() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
    AS 'SELECT uuidv7()';
  END IF;
END
$$;
