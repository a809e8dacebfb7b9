-- A UUIDv7 (RFC 9562) for rows that a statement makes itself; the server's own uuidv7() is newer
-- than the oldest Postgres that we run on.
CREATE FUNCTION trellis_uuid() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(
    set_bit(
      set_bit(
        overlay(uuid_send(gen_random_uuid())
          PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
          FROM 1 FOR 6),
        52, 1),
      53, 1),
    'hex')::uuid
$$;--> statement-breakpoint
-- Every delivery is changed twice within seconds: room on its page keeps most changes out of the
-- indexes, and an early vacuum keeps the index of what is due short.
ALTER TABLE webhook_deliveries SET (
  fillfactor = 75,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);--> statement-breakpoint
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
