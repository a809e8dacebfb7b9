/** Held by the platform's administrators only; no pattern stands for it. */
export const platformPermission = 'admin';
/** What makes an owner an owner: held by that system role only; no pattern stands for it. */
export const ownerPermission = 'tenant:own';

const neverImplied: ReadonlySet<string> = new Set([platformPermission, ownerPermission]);

/**
 * Whether a set of granted permissions holds one. A grant is a permission by name, `*` for all
 * that a tenant can have, or `*:read` for all reading.
 */
export function holdsPermission(granted: ReadonlySet<string>, permission: string): boolean {
  if (granted.has(permission)) return true;
  if (neverImplied.has(permission)) return false;
  return granted.has('*') || (permission.endsWith(':read') && granted.has('*:read'));
}
