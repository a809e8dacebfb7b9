import { tenantLimitsChanged } from '@trellis/domains/plans/kept-limits';
import type { Api, Reply } from '@trellis/test/api';
import { asSystem } from '@trellis/test/installation';

/** Gives a tenant so many requests a minute, and tells the processes as the platform does. */
export function limitTenant(
  { app, database }: Pick<Api, 'app' | 'database'>,
  tenantId: string,
  rateLimit: number,
): Promise<void> {
  return asSystem(database, async (tx) => {
    await tx.sql`
      update tenants set plan_overrides = jsonb_build_object('rateLimit', ${rateLimit}::int)
      where id = ${tenantId}`;
    await app.platform.changes.announce(tx, tenantLimitsChanged, tenantId);
  });
}

/** What the replies of so many calls are, one after the other. */
export async function statusesOf(times: number, call: () => Promise<Reply>): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) statuses.push((await call()).status);
  return statuses;
}

/** What a reply tells of the limits. */
export function limitHeaders({ headers }: Pick<Reply, 'headers'>): Record<string, string> {
  const names = /^(ratelimit|x-ratelimit|retry-after)/;
  return Object.fromEntries([...headers].filter(([name]) => names.test(name)));
}
