import type { Tenant } from './repository.ts';
import type { TenantDetails } from './schemas.ts';

/** A tenant as the API shows it, and as the audit keeps it. */
export function presentTenant(tenant: Tenant): TenantDetails {
  return {
    id: tenant.id,
    name: tenant.name,
    slug: tenant.slug,
    status: tenant.status,
    planType: tenant.planType,
    createdAt: tenant.createdAt.toISOString(),
  };
}
