import type { Role } from './repository.ts';
import type { RoleReply } from './schemas.ts';

/** A role as the API shows it, and as the audit keeps it. */
export function presentRole(role: Role): RoleReply {
  return {
    id: role.id,
    name: role.name,
    description: role.description,
    permissions: role.permissions,
    isSystem: role.isSystem,
    createdAt: role.createdAt.toISOString(),
    updatedAt: role.updatedAt.toISOString(),
  };
}
