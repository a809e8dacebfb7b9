import type { CallContext } from '@trellis/core/context';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../audit/write-audit.ts';
import { authErrors } from '../auth/errors.ts';
import type { Origin } from '../auth/origin.ts';
import { setPassword } from '../auth/passwords/set-password.ts';
import type { LoginThrottle } from '../auth/throttle/login-throttle.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { beginJoining } from '../roles/access-change.ts';
import { existingRoles } from '../roles/assignable-roles.ts';
import { findTenant } from '../tenants/repository.ts';
import { createPerson, type Person } from '../users/create-person.ts';
import { emitJoined } from '../users/emit-joined.ts';
import { lockPersonByEmail } from '../users/lock-person.ts';
import { assertNoMember, insertMember } from '../users/membership.ts';
import { invitationErrors } from './errors.ts';
import { invitationAccepted } from './events.ts';
import { presentInvitation } from './present-invitation.ts';
import { assertFits, assertStillProved, checkPassword } from './prove-account.ts';
import { deleteInvitation, findByToken, type Invitation } from './repository.ts';
import type { AcceptInvitationBody, JoinedReply } from './schemas.ts';

/**
 * Makes the holder of a mailed token a member; no session is opened. `call` is who is logged in, if
 * anybody. Throws `invitation_invalid`, `account_details_required`, `account_exists` and
 * `password_wrong` (422), `account_disabled` and `tenant_suspended` (403), `user_exists` and
 * `email_taken` (409), `unauthenticated` (401), `too_many_attempts` (429).
 */
export type AcceptInvitation = (
  input: AcceptInvitationBody,
  origin: Origin,
  call: CallContext | null,
) => Promise<JoinedReply>;

interface Needs extends Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock' | 'changes'> {
  throttle: Pick<LoginThrottle, 'attempt'>;
}

export function createAcceptInvitation(needs: Needs): AcceptInvitation {
  const { db, throttle } = needs;
  return async (input, origin, call) => {
    const accepting = { input, ip: origin.ip, call };
    // All is judged once before a password is hashed: that costs, and anybody may call this.
    const found = await db.asSystem(async (tx) => {
      const { email } = await invitationOf(tx, input.token);
      const person = await lockPersonByEmail(tx, email);
      assertFits(person, accepting);
      return person;
    });
    const checked = await checkPassword(throttle, found, accepting);
    return db.asSystem(async (tx) => {
      const { tenantId } = await invitationOf(tx, input.token);
      await beginJoining(tx, needs.changes, tenantId);
      // Once more, because another call may have used it while this one waited for its turn.
      const invitation = await invitationOf(tx, input.token);
      await deleteInvitation(tx, invitation);
      const known = await lockPersonByEmail(tx, invitation.email);
      await assertStillProved(tx, known, accepting, checked);
      const joining = { known, name: input.name, passwordHash: checked.next };
      return join(needs, tx, invitation, joining, origin);
    });
  };
}

async function invitationOf(tx: Tx, token: string): Promise<Invitation> {
  const invitation = await findByToken(tx, token);
  if (!invitation) throw invitationErrors.invitation_invalid();
  return invitation;
}

interface Joining {
  known: Person | undefined;
  name: string | undefined;
  /** What the account gets; null where it stays as it is. */
  passwordHash: string | null;
}

async function join(
  needs: Needs,
  tx: Tx,
  invitation: Invitation,
  { known, name, passwordHash }: Joining,
  origin: Origin,
): Promise<JoinedReply> {
  const { tenantId, email } = invitation;
  const tenant = await findTenant(tx, tenantId);
  if (tenant?.status !== 'active') throw authErrors.tenant_suspended();
  await assertNoMember(tx, tenantId, email);
  const emailVerifiedAt = known?.emailVerifiedAt ?? needs.clock.now();
  const user =
    known ?? (await createPerson(tx, { email, name: name ?? '', passwordHash, emailVerifiedAt }));
  // Its place in the plan is the one that the invitation held.
  const roles = await existingRoles(tx, tenantId, invitation.roleIds);
  await insertMember(tx, tenantId, { userId: user.id, name: null }, roles);
  if (known && passwordHash !== null) {
    const change = { passwordHash, emailVerifiedAt, ...(name !== undefined && { name }) };
    const notice = 'Your password was set when an invitation was accepted';
    await setPassword(needs, tx, known, { change, action: 'user.password_reset', notice }, origin);
  }
  const shown = presentInvitation(invitation);
  await writeAudit(
    needs,
    tx,
    { ...origin, tenantId, actor: { type: 'user', id: user.id } },
    {
      action: 'invitation.accepted',
      resourceType: 'invitation',
      resourceId: invitation.id,
      before: shown,
      after: { userId: user.id, roles: roles.map((role) => ({ id: role.id, name: role.name })) },
    },
  );
  const isRenamed = known !== undefined && name !== undefined;
  await emitJoined(needs, tx, tenantId, { userId: user.id, isRenamed });
  await emitEvent(needs, tx, tenantId, invitationAccepted, { ...shown, userId: user.id });
  return {
    user: { id: user.id, email: user.email, name: name ?? user.name },
    tenant: { id: tenant.id, name: tenant.name, slug: tenant.slug },
  };
}
