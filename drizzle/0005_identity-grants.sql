-- Of the platform alone: no policy shows a tenant's request a row of these, and no right does.
REVOKE ALL ON one_time_tokens, second_factors, login_throttles, signing_keys FROM trellis_app;--> statement-breakpoint
GRANT SELECT (email_verified_at) ON users TO trellis_app;--> statement-breakpoint
-- A request moves the head of its tenant's chain; only retention says where the chain begins.
REVOKE UPDATE, DELETE ON audit_heads FROM trellis_app;--> statement-breakpoint
GRANT UPDATE (seq, hash) ON audit_heads TO trellis_app;
