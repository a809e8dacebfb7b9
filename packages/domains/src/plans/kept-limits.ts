import { keepLoaded } from '@trellis/db/keep-loaded';
import { tenantLimits } from '@trellis/db/schema/tenant-limits';
import { eq } from 'drizzle-orm';
import type { Platform } from '../platform.ts';
import type { TenantLimits } from './repository.ts';

/** Announced when the limits of one tenant change; the key is its id. */
export const tenantLimitsChanged = 'plans.tenant-limits-changed';
/** Announced when a plan itself changes; the key is its `planType`. */
export const planChanged = 'plans.plan-changed';

/** What each tenant may use, for what is asked on every request. */
export interface KeptLimits {
  /**
   * From memory on all but the first call of a tenant; undefined when there is no such tenant. A
   * change that is announced holds at once; `keepLoaded` says how old it can be when nothing is
   * heard.
   */
  get(tenantId: string): Promise<TenantLimits | undefined>;
  /** What is in memory, without a promise; undefined when it has to be read. */
  peek(tenantId: string): TenantLimits | undefined;
}

export function keepLimits({ db, changes }: Pick<Platform, 'db' | 'changes'>): KeptLimits {
  const load = (tenantId: string) =>
    db.withTenant(tenantId, async (tx) => {
      const [limits] = await tx.orm
        .select()
        .from(tenantLimits)
        .where(eq(tenantLimits.tenantId, tenantId));
      return limits;
    });
  const kept = keepLoaded(load, changes);
  changes.on(tenantLimitsChanged, (tenantId) => kept.forgetOne(tenantId));
  changes.on(planChanged, (planType) => kept.forget((limits) => limits.planType === planType));
  changes.onConnect(() => kept.forget(() => true));
  return kept;
}
