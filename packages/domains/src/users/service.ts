import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../audit/write-audit.ts';
import { hashPassword } from '../auth/passwords/hash-password.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import { assertNotInvited } from '../invitations/pending.ts';
import type { Platform } from '../platform.ts';
import { assertMayRemove, beginAccessChange } from '../roles/access-change.ts';
import {
  type AssignableRole,
  assertMayAssign,
  defaultRoles,
  permissionsOf,
  rolesById,
} from '../roles/assignable-roles.ts';
import type { CurrentCall } from '../roles/current-call.ts';
import { userCreated, userDeleted, userUpdated } from './events.ts';
import { insertMember } from './membership.ts';
import { presentMember } from './present-member.ts';
import {
  claimPerson,
  deleteMember,
  endSessions,
  findMember,
  listMembers,
  lockMember,
  type Member,
  replaceRoles,
  updateMember,
} from './repository.ts';
import type {
  CreateUserBody,
  MemberStatus,
  UpdateUserBody,
  UserReply,
  UsersQuery,
} from './schemas.ts';
import { reserveSeat } from './seats.ts';

/** Gets what the person shows, and throws when the caller saw something else. */
type Precondition = (shown: UserReply) => void;

export interface UsersService {
  list(call: CallContext, query: UsersQuery): Promise<Page<UserReply>>;
  get(call: CallContext, id: string): Promise<UserReply>;
  create(call: CallContext, input: CreateUserBody): Promise<UserReply>;
  /** Renames, disables, lets in again. */
  update(
    call: CallContext,
    id: string,
    input: UpdateUserBody,
    precondition: Precondition,
  ): Promise<UserReply>;
  setRoles(
    call: CallContext,
    id: string,
    roleIds: string[],
    precondition: Precondition,
  ): Promise<UserReply>;
  remove(call: CallContext, id: string): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'jobs' | 'changes' | 'clock' | 'secrets'>;

export function createUsersService(needs: Needs): UsersService {
  const { db } = needs;
  return {
    list: (call, query) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await listMembers(tx, call.tenantId, query), query.limit, presentMember),
      ),
    get: (call, id) =>
      db.withTenant(call.tenantId, async (tx) => presentMember(await memberOf(tx, call, id))),
    create: (call, input) => create(needs, call, input),
    update: (call, id, input, precondition) => update(needs, call, id, input, precondition),
    setRoles: (call, id, roleIds, precondition) => setRoles(needs, call, id, roleIds, precondition),
    remove: (call, id) => remove(needs, call, id),
  };
}

/** The person, the place in the plan, the membership, the audit entry and the event: all or none. */
async function create(
  needs: Needs,
  call: CallContext,
  { email, name, password, roleIds }: CreateUserBody,
): Promise<UserReply> {
  const { db, changes } = needs;
  const { tenantId } = call;
  const passwordHash = password === undefined ? null : await hashPassword(password);
  return db.asSystem(async (tx) => {
    const current = await beginAccessChange(tx, changes, call, 'users:write');
    const roles = roleIds
      ? await rolesById(tx, tenantId, roleIds)
      : await defaultRoles(tx, tenantId);
    assertMayAssign(current, roles);
    await assertNotInvited(tx, tenantId, email);
    // Before the person: a tenant without room is not told who has an account elsewhere.
    await reserveSeat(tx, tenantId);
    const userId = await claimPerson(tx, tenantId, { email, name, passwordHash });
    await insertMember(tx, tenantId, { userId, name }, roles);
    const made = await memberOf(tx, call, userId);
    await audit(needs, tx, call, 'user.created', undefined, made);
    const shown = presentMember(made);
    await emitEvent(needs, tx, tenantId, userCreated, shown);
    return shown;
  });
}

function update(
  needs: Needs,
  call: CallContext,
  id: string,
  { name, status }: UpdateUserBody,
  precondition: Precondition,
): Promise<UserReply> {
  const { db, changes, clock } = needs;
  return db.withTenant(call.tenantId, async (tx) => {
    const current = status && (await beginAccessChange(tx, changes, call, 'users:write'));
    const before = await lockedMember(tx, call, id, precondition);
    const change = {
      ...(name !== undefined && { name }),
      ...(status && { disabledAt: disabledSince(before, status, clock.now()) }),
    };
    await updateMember(tx, before.id, change);
    const after = { ...before, ...change };
    if (current) await judgeStatus(tx, current, before, after, clock.now());
    await audit(needs, tx, call, 'user.updated', before, after);
    const shown = presentMember(after);
    await emitEvent(needs, tx, call.tenantId, userUpdated, shown);
    return shown;
  });
}

function disabledSince(before: Member, status: MemberStatus, now: Date): Date | null {
  return status === 'active' ? null : (before.disabledAt ?? now);
}

async function judgeStatus(
  tx: Tx,
  call: CurrentCall,
  before: Member,
  after: Member,
  now: Date,
): Promise<void> {
  if (after.disabledAt && !before.disabledAt) {
    await assertMayRemove(tx, call, permissionsOf(before.roles));
    await endSessions(tx, call.tenantId, before.userId, now);
  }
  // Whoever lets somebody in again gives what the roles hold.
  if (before.disabledAt && !after.disabledAt) assertMayAssign(call, before.roles);
}

function setRoles(
  needs: Needs,
  call: CallContext,
  id: string,
  roleIds: string[],
  precondition: Precondition,
): Promise<UserReply> {
  const { db, changes } = needs;
  return db.withTenant(call.tenantId, async (tx) => {
    const current = await beginAccessChange(tx, changes, call, 'users:write');
    const before = await lockedMember(tx, call, id, precondition);
    const roles = await rolesById(tx, call.tenantId, roleIds);
    assertMayAssign(current, without(roles, before.roles));
    await replaceRoles(tx, call.tenantId, before.id, roles);
    await assertMayRemove(tx, current, permissionsOf(without(before.roles, roles)));
    const after = await memberOf(tx, call, id);
    await audit(needs, tx, call, 'user.roles_changed', before, after);
    const shown = presentMember(after);
    await emitEvent(needs, tx, call.tenantId, userUpdated, shown);
    return shown;
  });
}

function remove(needs: Needs, call: CallContext, id: string): Promise<void> {
  const { db, changes, clock } = needs;
  return db.withTenant(call.tenantId, async (tx) => {
    const current = await beginAccessChange(tx, changes, call, 'users:delete');
    const member = await memberOf(tx, call, id);
    await deleteMember(tx, call.tenantId, member.id);
    await assertMayRemove(tx, current, permissionsOf(member.roles));
    await endSessions(tx, call.tenantId, id, clock.now());
    await audit(needs, tx, call, 'user.deleted', member);
    await emitEvent(needs, tx, call.tenantId, userDeleted, presentMember(member));
  });
}

/** Locked until the end of the transaction, so that what was compared is what is changed. */
async function lockedMember(
  tx: Tx,
  call: CallContext,
  userId: string,
  precondition: Precondition,
): Promise<Member> {
  await lockMember(tx, call.tenantId, userId);
  const member = await memberOf(tx, call, userId);
  precondition(presentMember(member));
  return member;
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
    ...(before && { before: presentMember(before) }),
    ...(after && { after: presentMember(after) }),
  });
}
