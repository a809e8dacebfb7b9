import type { PlanGrace, PlanOverrides } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';
import type { Api } from '@trellis/test/api';
import type { Account } from '@trellis/test/sign-up';
import { tenantLimitsChanged } from '../kept-limits.ts';

type Installation = Pick<Api, 'app'>;
type Owner = Pick<Account, 'tenant'>;

/** Limits that this tenant alone has, in place of those that it had so. */
export async function overrideLimits(
  { app }: Installation,
  { tenant }: Owner,
  overrides: PlanOverrides,
): Promise<void> {
  const text = JSON.stringify(overrides);
  await change(
    app,
    tenant,
    (tx) => tx.sql`update tenants set plan_overrides = ${text}::jsonb where id = ${tenant.id}`,
  );
}

/** Quotas that stay as they were, for so many seconds from now; negative for one that is over. */
export async function graceLimits(
  { app }: Installation,
  { tenant }: Owner,
  quotas: PlanGrace,
  seconds: number,
): Promise<void> {
  const text = JSON.stringify(quotas);
  await change(
    app,
    tenant,
    (tx) => tx.sql`
      update tenants set plan_grace = ${text}::jsonb,
        plan_grace_until = now() + make_interval(secs => ${seconds}::int)
      where id = ${tenant.id}`,
  );
}

/** Every process hears of it, as of what an administrator changes. */
async function change(
  { platform }: Api['app'],
  { id }: Account['tenant'],
  update: (tx: Tx) => Promise<unknown>,
): Promise<void> {
  await platform.db.asSystem(async (tx) => {
    await update(tx);
    await platform.changes.announce(tx, tenantLimitsChanged, id);
  });
}
