/** What a tenant uses of its requests. */
export interface RequestUse {
  /** Requests that fit a window. */
  limit: number;
  windowSeconds: number;
  /** In the window that ends now. */
  used: number;
  remaining: number;
}

/** The limits that requests are held against, for those who show them. */
export interface RateLimits {
  /** Of all callers of the tenant together, over all processes; looking counts nothing. */
  lookAtTenant(tenantId: string): Promise<RequestUse>;
  /** Where this process counts now: in Redis with all others, by itself, or not at all. */
  countedIn(): 'redis' | 'process' | 'off';
  /** Whether there is a Redis to count in, be it away or not. */
  readonly isShared: boolean;
}
