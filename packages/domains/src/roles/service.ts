import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import { platformPermission } from '@trellis/core/permissions';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../audit/write-audit.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { assertMayRemove, beginAccessChange } from './access-change.ts';
import type { CurrentCall } from './current-call.ts';
import { roleErrors } from './errors.ts';
import { roleCreated, roleDeleted, roleUpdated } from './events.ts';
import { assertKnownToRoles, assertMayGrant } from './grants.ts';
import { presentRole } from './present-role.ts';
import {
  deleteRole,
  findRole,
  insertRole,
  isAssigned,
  listNames,
  listRoles,
  type Role,
  updateRole,
} from './repository.ts';
import { isSameName } from './role-name.ts';
import type { CreateRoleBody, RoleReply, RolesQuery, UpdateRoleBody } from './schemas.ts';

export interface RolesService {
  list(call: CallContext, query: RolesQuery): Promise<Page<RoleReply>>;
  get(call: CallContext, id: string): Promise<Role>;
  create(call: CallContext, input: CreateRoleBody): Promise<Role>;
  /** `precondition` gets the last change of the role, and throws when the caller saw an older one. */
  update(
    call: CallContext,
    id: string,
    input: UpdateRoleBody,
    precondition: (updatedAt: Date) => void,
  ): Promise<Role>;
  remove(call: CallContext, id: string): Promise<void>;
  /** What a tenant's role can hold, by name. */
  permissions(): string[];
}

interface Needs extends Pick<Platform, 'db' | 'jobs' | 'changes' | 'secrets'> {
  /** Every permission that a route asks for; grows until all routes are mounted. */
  catalogue: ReadonlySet<string>;
  /** Roles that one tenant can have. */
  rolesMax: number;
}

export function createRolesService(needs: Needs): RolesService {
  const { db, catalogue } = needs;
  return {
    list: (call, query) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await listRoles(tx, call.tenantId, query), query.limit, presentRole),
      ),
    get: (call, id) => db.withTenant(call.tenantId, (tx) => roleOf(tx, call, id)),
    create: (call, input) => db.withTenant(call.tenantId, (tx) => create(needs, tx, call, input)),
    update: (call, id, input, precondition) =>
      db.withTenant(call.tenantId, async (tx) => {
        const current = await beginAccessChange(tx, needs.changes, call, 'roles:write');
        const before = await changeableRole(tx, call, id);
        precondition(before.updatedAt);
        return update(needs, tx, current, before, input);
      }),
    remove: (call, id) => db.withTenant(call.tenantId, (tx) => remove(needs, tx, call, id)),
    permissions: () => [...catalogue].filter((name) => name !== platformPermission).sort(),
  };
}

async function create(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  { name, description = '', permissions }: CreateRoleBody,
): Promise<Role> {
  assertKnownToRoles(needs.catalogue, permissions);
  const current = await beginAccessChange(tx, needs.changes, call, 'roles:write');
  assertMayGrant(current, permissions);
  const names = await listNames(tx, call.tenantId);
  assertNameIsFree(names, name);
  if (names.length >= needs.rolesMax) {
    throw roleErrors.role_limit_reached(`A tenant can have ${needs.rolesMax} roles.`);
  }
  const role = await insertRole(tx, {
    tenantId: call.tenantId,
    name: name.trim(),
    description,
    permissions: permissions.toSorted(),
  });
  await audit(needs, tx, call, 'role.created', undefined, role);
  await emitEvent(needs, tx, call.tenantId, roleCreated, presentRole(role));
  return role;
}

/** Only what is added has to be the caller's, so that a role can be renamed by whoever may. */
async function update(
  needs: Needs,
  tx: Tx,
  call: CurrentCall,
  before: Role,
  { name = before.name, description = before.description, ...input }: UpdateRoleBody,
): Promise<Role> {
  const permissions = (input.permissions ?? before.permissions).toSorted();
  const added = permissions.filter((name) => !before.permissions.includes(name));
  assertKnownToRoles(needs.catalogue, added);
  assertMayGrant(call, added);
  const names = await listNames(tx, call.tenantId);
  assertNameIsFree(
    names.filter(({ id }) => id !== before.id),
    name,
  );
  const after = await updateRole(tx, before, { name: name.trim(), description, permissions });
  const removed = before.permissions.filter((name) => !permissions.includes(name));
  await assertMayRemove(tx, call, removed);
  await audit(needs, tx, call, 'role.updated', before, after);
  await emitEvent(needs, tx, call.tenantId, roleUpdated, presentRole(after));
  return after;
}

async function remove(needs: Needs, tx: Tx, call: CallContext, id: string): Promise<void> {
  await beginAccessChange(tx, needs.changes, call, 'roles:delete');
  const role = await changeableRole(tx, call, id);
  if (await isAssigned(tx, role)) throw roleErrors.role_in_use();
  await deleteRole(tx, role);
  await audit(needs, tx, call, 'role.deleted', role);
  await emitEvent(needs, tx, call.tenantId, roleDeleted, presentRole(role));
}

/** Throws `role_exists` (409). Safe after `beginAccessChange` only. */
function assertNameIsFree(others: { name: string }[], name: string): void {
  if (others.some((other) => isSameName(other.name, name))) throw roleErrors.role_exists();
}

async function roleOf(tx: Tx, call: CallContext, id: string): Promise<Role> {
  const role = await findRole(tx, call.tenantId, id);
  if (!role) throw commonErrors.not_found('There is no such role.');
  return role;
}

async function changeableRole(tx: Tx, call: CallContext, id: string): Promise<Role> {
  const role = await roleOf(tx, call, id);
  if (role.isSystem) throw roleErrors.system_role();
  return role;
}

function audit(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  action: string,
  before?: Role,
  after?: Role,
) {
  return writeAudit(needs, tx, call, {
    action,
    resourceType: 'role',
    resourceId: (after ?? before)?.id ?? null,
    ...(before && { before: presentRole(before) }),
    ...(after && { after: presentRole(after) }),
  });
}
