import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { writeAudit } from '../audit/write-audit.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { tenantUpdated } from './events.ts';
import { presentTenant } from './present-tenant.ts';
import { findTenant, lockTenant, renameTenant, type Tenant } from './repository.ts';
import type { UpdateTenantBody } from './schemas.ts';

export interface TenantsService {
  get(call: CallContext): Promise<Tenant>;
  /** `precondition` gets the last change, and throws when the caller saw an older one. */
  update(
    call: CallContext,
    input: UpdateTenantBody,
    precondition: (updatedAt: Date) => void,
  ): Promise<Tenant>;
}

export function createTenantsService(
  needs: Pick<Platform, 'db' | 'jobs' | 'secrets'>,
): TenantsService {
  const { db } = needs;
  return {
    get: (call) =>
      db.withTenant(call.tenantId, async (tx) => known(await findTenant(tx, call.tenantId))),

    update: (call, { name }, precondition) =>
      db.withTenant(call.tenantId, async (tx) => {
        const before = known(await lockTenant(tx, call.tenantId));
        precondition(before.updatedAt);
        const after = await renameTenant(tx, call.tenantId, name);
        const shown = presentTenant(after);
        await writeAudit(needs, tx, call, {
          action: 'tenant.updated',
          resourceType: 'tenant',
          resourceId: call.tenantId,
          before: presentTenant(before),
          after: shown,
        });
        await emitEvent(needs, tx, call.tenantId, tenantUpdated, shown);
        return after;
      }),
  };
}

function known(tenant: Tenant | undefined): Tenant {
  if (!tenant) throw commonErrors.not_found('There is no such tenant.');
  return tenant;
}
