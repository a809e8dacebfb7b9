import { holdsPermission, ownerPermission, platformPermission } from '@trellis/core/permissions';
import type { CurrentCall } from './current-call.ts';
import { roleErrors } from './errors.ts';

/** What a role can hold although no route asks for it by this name. */
const alwaysKnown: ReadonlySet<string> = new Set(['*', '*:read', ownerPermission]);

/** Throws `unknown_permission` (422). */
export function assertKnown(catalogue: ReadonlySet<string>, permissions: string[]): void {
  const unknown = permissions.find((name) => !catalogue.has(name) && !alwaysKnown.has(name));
  if (unknown !== undefined) {
    throw roleErrors.unknown_permission(`There is no permission "${unknown}".`);
  }
}

/** The same for what a role is to hold: no role makes somebody an administrator of the platform. */
export function assertKnownToRoles(catalogue: ReadonlySet<string>, permissions: string[]): void {
  if (permissions.includes(platformPermission)) {
    throw roleErrors.unknown_permission(`No role holds the permission "${platformPermission}".`);
  }
  assertKnown(catalogue, permissions);
}

/** Throws `permission_escalation` (403) unless the caller holds each of them. */
export function assertMayGrant({ permissions: held }: CurrentCall, permissions: string[]): void {
  const missing = permissions.find((name) => !holdsPermission(held, name));
  if (missing !== undefined) {
    throw roleErrors.permission_escalation(`You do not hold the permission "${missing}".`);
  }
}
