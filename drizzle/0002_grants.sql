-- The audit trail is append-only for a tenant's requests.
REVOKE UPDATE, DELETE ON audit_logs FROM trellis_app;--> statement-breakpoint
REVOKE UPDATE ON audit_logs FROM trellis_system;--> statement-breakpoint
-- Plans are changed by platform administrators, persons by the platform's own code.
REVOKE INSERT, UPDATE, DELETE ON plans FROM trellis_app;--> statement-breakpoint
REVOKE INSERT, DELETE ON tenants FROM trellis_app;--> statement-breakpoint
-- A request can ask for a job; only the worker may see or remove one.
REVOKE SELECT, UPDATE, DELETE ON jobs FROM trellis_app;
--> statement-breakpoint
-- A person may be in other tenants too: a tenant sees no password hash and changes nothing.
REVOKE ALL ON users FROM trellis_app;--> statement-breakpoint
GRANT SELECT (id, email, name, is_platform_admin, disabled_at, created_at, updated_at) ON users TO trellis_app;--> statement-breakpoint
REVOKE UPDATE ON tenants FROM trellis_app;--> statement-breakpoint
GRANT UPDATE (name, updated_at) ON tenants TO trellis_app;
