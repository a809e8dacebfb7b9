/** Who acts: a person, an API key, or the platform itself (a job, the first start). */
export interface Actor {
  type: 'user' | 'api_key' | 'system';
  id: string | null;
}

/** What a service needs to know of the call that it serves. Made by the HTTP layer or by a job. */
export interface CallContext {
  tenantId: string;
  actor: Actor;
  permissions: ReadonlySet<string>;
  /** The session behind an access token; null for keys and for the platform itself. */
  sessionId: string | null;
  requestId: string;
  ip: string | null;
  userAgent: string | null;
}
