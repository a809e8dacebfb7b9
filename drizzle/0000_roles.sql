-- The roles themselves belong to the server and are made before the migrations run.
GRANT USAGE ON SCHEMA public TO trellis_app, trellis_system;--> statement-breakpoint
-- Tables of later migrations are open to both roles within their policies; a table that must not
-- be changed takes the right back in its own migration.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO trellis_app, trellis_system;
