import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../audit/write-audit.ts';
import { hashPassword } from '../auth/passwords.ts';
import { reserveQuota } from '../plans/quota.ts';
import type { Platform } from '../platform.ts';
import { assertMayRemove, beginAccessChange } from '../roles/access-change.ts';
import {
  type AssignableRole,
  assertMayAssign,
  defaultRoles,
  permissionsOf,
  rolesById,
} from '../roles/assignable-roles.ts';
import {
  claimPerson,
  countMembers,
  deleteMember,
  endSessions,
  findMember,
  insertMember,
  listMembers,
  lockMember,
  type Member,
  renameMember,
  replaceRoles,
} from './repository.ts';
import type { CreateUserBody, UserReply, UsersQuery } from './schemas.ts';

export interface UsersService {
  list(call: CallContext, query: UsersQuery): Promise<Page<UserReply>>;
  get(call: CallContext, id: string): Promise<UserReply>;
  create(call: CallContext, input: CreateUserBody): Promise<UserReply>;
  rename(call: CallContext, id: string, name: string): Promise<UserReply>;
  setRoles(call: CallContext, id: string, roleIds: string[]): Promise<UserReply>;
  remove(call: CallContext, id: string): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'changes' | 'clock' | 'secrets'>;

export function createUsersService(needs: Needs): UsersService {
  const { db } = needs;
  return {
    list: (call, query) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await listMembers(tx, call.tenantId, query), query.limit, present),
      ),
    get: (call, id) =>
      db.withTenant(call.tenantId, async (tx) => present(await memberOf(tx, call, id))),
    create: (call, input) => create(needs, call, input),
    rename: (call, id, name) =>
      db.withTenant(call.tenantId, (tx) => rename(needs, tx, call, id, name)),
    setRoles: (call, id, roleIds) => setRoles(needs, call, id, roleIds),
    remove: (call, id) => remove(needs, call, id),
  };
}

/** The person, the place in the plan, the membership and the audit entry: all of them or none. */
async function create(
  needs: Needs,
  call: CallContext,
  { email, name, password, roleIds }: CreateUserBody,
): Promise<UserReply> {
  const { db, changes } = needs;
  const { tenantId } = call;
  const passwordHash = password === undefined ? null : await hashPassword(password);
  return db.asSystem(async (tx) => {
    await beginAccessChange(tx, changes, tenantId);
    const roles = roleIds
      ? await rolesById(tx, tenantId, roleIds)
      : await defaultRoles(tx, tenantId);
    assertMayAssign(call, roles);
    const userId = await claimPerson(tx, tenantId, { email, name, passwordHash });
    await reserveQuota(tx, tenantId, 'maxUsers', () => countMembers(tx, tenantId));
    await insertMember(tx, tenantId, { userId, name }, roles);
    const made = await memberOf(tx, call, userId);
    await audit(needs, tx, call, 'user.created', undefined, made);
    return present(made);
  });
}

async function rename(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  id: string,
  name: string,
): Promise<UserReply> {
  await lockMember(tx, call.tenantId, id);
  const before = await memberOf(tx, call, id);
  await renameMember(tx, before.id, name);
  const after = { ...before, name };
  await audit(needs, tx, call, 'user.updated', before, after);
  return present(after);
}

function setRoles(
  needs: Needs,
  call: CallContext,
  id: string,
  roleIds: string[],
): Promise<UserReply> {
  const { db, changes } = needs;
  return db.withTenant(call.tenantId, async (tx) => {
    await beginAccessChange(tx, changes, call.tenantId);
    const before = await memberOf(tx, call, id);
    const roles = await rolesById(tx, call.tenantId, roleIds);
    assertMayAssign(call, without(roles, before.roles));
    await replaceRoles(tx, call.tenantId, before.id, roles);
    await assertMayRemove(tx, call, permissionsOf(without(before.roles, roles)));
    const after = await memberOf(tx, call, id);
    await audit(needs, tx, call, 'user.roles_changed', before, after);
    return present(after);
  });
}

function remove(needs: Needs, call: CallContext, id: string): Promise<void> {
  const { db, changes, clock } = needs;
  return db.withTenant(call.tenantId, async (tx) => {
    await beginAccessChange(tx, changes, call.tenantId);
    const member = await memberOf(tx, call, id);
    await deleteMember(tx, call.tenantId, member.id);
    await assertMayRemove(tx, call, permissionsOf(member.roles));
    await endSessions(tx, call.tenantId, id, clock.now());
    await audit(needs, tx, call, 'user.deleted', member);
  });
}

async function memberOf(tx: Tx, call: CallContext, userId: string): Promise<Member> {
  const member = await findMember(tx, call.tenantId, userId);
  if (!member) throw commonErrors.not_found('There is no such user.');
  return member;
}

function without(roles: AssignableRole[], others: AssignableRole[]): AssignableRole[] {
  return roles.filter((role) => others.every((other) => other.id !== role.id));
}

function audit(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  action: string,
  before?: Member,
  after?: Member,
) {
  return writeAudit(needs, tx, call, {
    action,
    resourceType: 'user',
    resourceId: (after ?? before)?.userId ?? null,
    ...(before && { before: present(before) }),
    ...(after && { after: present(after) }),
  });
}

/** A person as the API shows it, and as the audit keeps it. */
function present({ userId, email, name, roles, createdAt }: Member): UserReply {
  return {
    id: userId,
    email,
    name,
    roles: roles.map((role) => ({ id: role.id, name: role.name })),
    createdAt: createdAt.toISOString(),
  };
}
