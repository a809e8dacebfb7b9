-- The trail is kept in a table a month, so that retention drops tables instead of deleting rows. An
-- id is a UUIDv7 (RFC 9562), which begins with its milliseconds since 1970: a month is a range of
-- ids.
CREATE FUNCTION trellis_first_id(at timestamptz) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;--> statement-breakpoint
-- The owner has to see the rows that it moves, which FORCE would hide from it.
ALTER TABLE audit_logs NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE audit_heads NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE audit_logs RENAME TO audit_logs_whole;--> statement-breakpoint
CREATE TABLE audit_logs (LIKE audit_logs_whole INCLUDING DEFAULTS) PARTITION BY RANGE (id);--> statement-breakpoint
-- Takes what no month takes, so that an entry is never refused.
CREATE TABLE audit_logs_default PARTITION OF audit_logs DEFAULT;--> statement-breakpoint
ALTER TABLE audit_logs_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- The parent is the only door: its rights and policies hold for what is read through it.
REVOKE ALL ON audit_logs_default FROM PUBLIC, trellis_app, trellis_system;--> statement-breakpoint
-- Makes the partition of one month, and moves there what the default partition has of it. Answers
-- null when it is there.
CREATE FUNCTION trellis_add_audit_partition(month timestamp) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := 'audit_logs_' || to_char(month, 'YYYY_MM');
  first uuid := public.trellis_first_id(month AT TIME ZONE 'UTC');
  next uuid := public.trellis_first_id((month + interval '1 month') AT TIME ZONE 'UTC');
BEGIN
  IF to_regclass(format('public.%I', name)) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  EXECUTE format('CREATE TABLE public.%I (LIKE public.audit_logs INCLUDING DEFAULTS)', name);
  EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, trellis_app, trellis_system', name);
  ALTER TABLE public.audit_logs_default NO FORCE ROW LEVEL SECURITY;
  EXECUTE format(
    'WITH moved AS (DELETE FROM public.audit_logs_default WHERE id >= %L AND id < %L RETURNING *)
     INSERT INTO public.%I SELECT * FROM moved', first, next, name);
  ALTER TABLE public.audit_logs_default FORCE ROW LEVEL SECURITY;
  EXECUTE format('ALTER TABLE public.audit_logs ATTACH PARTITION public.%I
    FOR VALUES FROM (%L) TO (%L)', name, first, next);
  EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
  RETURN name;
END $$;--> statement-breakpoint
-- Makes the partitions of this month and of those that follow. Answers the names of the new ones.
-- All who write or read queue behind one that waits for a table, so it gives up soon.
CREATE FUNCTION trellis_ensure_audit_partitions(months_ahead integer) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  name text;
BEGIN
  IF months_ahead NOT BETWEEN 0 AND 24 THEN
    RAISE EXCEPTION 'months_ahead is from 0 to 24' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('trellis/audit-partitions', 0));
  FOR ahead IN 0..months_ahead LOOP
    name := public.trellis_add_audit_partition(month + make_interval(months => ahead));
    IF name IS NOT NULL THEN
      RETURN NEXT name;
    END IF;
  END LOOP;
END $$;--> statement-breakpoint
-- Removes what was written before a moment: whole months, and what the default partition has. The
-- current month and the one before it are never removed. Answers the names of what is gone.
CREATE FUNCTION trellis_drop_audit_partitions(kept_from timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  name text;
BEGIN
  IF kept_from IS NULL OR kept_from AT TIME ZONE 'UTC' > this_month - interval '1 month' THEN
    RAISE EXCEPTION 'the last two months stay' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('trellis/audit-partitions', 0));
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.audit_logs'::regclass AND c.relname ~ '^audit_logs_\d{4}_\d\d$'
      AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= kept_from AT TIME ZONE 'UTC'
    ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN NEXT name;
  END LOOP;
  ALTER TABLE public.audit_logs_default NO FORCE ROW LEVEL SECURITY;
  DELETE FROM public.audit_logs_default WHERE id < public.trellis_first_id(kept_from);
  ALTER TABLE public.audit_logs_default FORCE ROW LEVEL SECURITY;
END $$;--> statement-breakpoint
REVOKE ALL ON FUNCTION trellis_add_audit_partition(timestamp) FROM PUBLIC;--> statement-breakpoint
REVOKE ALL ON FUNCTION trellis_ensure_audit_partitions(integer) FROM PUBLIC;--> statement-breakpoint
REVOKE ALL ON FUNCTION trellis_drop_audit_partitions(timestamptz) FROM PUBLIC;--> statement-breakpoint
GRANT EXECUTE ON FUNCTION trellis_ensure_audit_partitions(integer) TO trellis_system;--> statement-breakpoint
GRANT EXECUTE ON FUNCTION trellis_drop_audit_partitions(timestamptz) TO trellis_system;--> statement-breakpoint
SELECT trellis_add_audit_partition(month) FROM generate_series(
  (SELECT date_trunc('month', coalesce(min(created_at), now()) AT TIME ZONE 'UTC') FROM audit_logs_whole),
  date_trunc('month', now() AT TIME ZONE 'UTC') + interval '3 months',
  interval '1 month') AS month;--> statement-breakpoint
-- What was written before there was a chain gets a place in it, but nobody can sign it here, and
-- nobody later could tell it from what was put there since: `verify` says that it is unsigned.
INSERT INTO audit_logs (id, tenant_id, actor_type, actor_id, action, resource_type, resource_id,
  before, after, ip, user_agent, request_id, seq, hash, created_at)
SELECT id, tenant_id, actor_type, actor_id, action, resource_type, resource_id, before, after, ip,
  user_agent, request_id, row_number() OVER (PARTITION BY tenant_id ORDER BY id), 'unsigned', created_at
FROM audit_logs_whole;--> statement-breakpoint
INSERT INTO audit_heads (tenant_id, seq, hash)
SELECT tenant_id, count(*), 'unsigned' FROM audit_logs_whole GROUP BY tenant_id;--> statement-breakpoint
DROP TABLE audit_logs_whole;--> statement-breakpoint
-- A process from before the chain fails here, in place of leaving entries that nobody signed.
ALTER TABLE audit_logs ALTER COLUMN seq SET NOT NULL, ALTER COLUMN hash SET NOT NULL;--> statement-breakpoint
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);--> statement-breakpoint
CREATE INDEX audit_logs_tenant_id_id_index ON audit_logs (tenant_id, id);--> statement-breakpoint
CREATE INDEX audit_logs_tenant_id_actor_id_id_index ON audit_logs (tenant_id, actor_id, id);--> statement-breakpoint
CREATE INDEX audit_logs_tenant_id_action_id_index ON audit_logs (tenant_id, action, id);--> statement-breakpoint
CREATE INDEX audit_logs_tenant_id_resource_type_resource_id_id_index ON audit_logs (tenant_id, resource_type, resource_id, id);--> statement-breakpoint
CREATE INDEX audit_logs_tenant_id_seq_index ON audit_logs (tenant_id, seq);--> statement-breakpoint
CREATE POLICY tenant_isolation ON audit_logs TO trellis_app
  USING (tenant_id = (SELECT nullif(current_setting('trellis.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('trellis.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY system_access ON audit_logs TO trellis_system USING (true) WITH CHECK (true);--> statement-breakpoint
ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- Append-only, for the platform's own work too: only the functions above remove anything.
REVOKE UPDATE, DELETE ON audit_logs FROM trellis_app, trellis_system;
