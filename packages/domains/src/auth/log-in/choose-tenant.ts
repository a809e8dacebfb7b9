import { authErrors } from '../errors.ts';
import type { TenantOfPerson } from '../repository.ts';

/** The named tenant, else the one joined first that is active. Throws `no_membership` (403). */
export function chooseTenant(
  tenants: TenantOfPerson[],
  wanted: string | undefined,
): TenantOfPerson {
  // A UUID may be written in capitals (RFC 9562, 4); ours are kept in small letters.
  const id = wanted?.toLowerCase();
  const candidates = tenants.filter((tenant) => !id || tenant.id === id);
  const active = candidates.find((tenant) => tenant.status === 'active');
  if (active) return active;
  throw candidates.length > 0 ? authErrors.tenant_suspended() : authErrors.no_membership();
}
