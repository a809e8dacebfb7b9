import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import { hashToken, newToken } from '@trellis/core/token';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../audit/write-audit.ts';
import { authErrors } from '../auth/errors.ts';
import type { LoginThrottle } from '../auth/throttle/login-throttle.ts';
import { takeMailAllowance } from '../auth/throttle/mail-allowance.ts';
import { takeMailTurn } from '../auth/throttle/mail-turn.ts';
import { mailKey } from '../auth/throttle/throttle-keys.ts';
import type { MailLinks } from '../email/mail-links.ts';
import { sendMail } from '../email/send-mail.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { lockAccess } from '../roles/access-change.ts';
import { assertMayAssign, defaultRoles, rolesById } from '../roles/assignable-roles.ts';
import { assertNoMember } from '../users/membership.ts';
import { reserveSeat } from '../users/seats.ts';
import { type AcceptInvitation, createAcceptInvitation } from './accept-invitation.ts';
import { invitationErrors } from './errors.ts';
import { invitationCreated, invitationRevoked, invitationSent } from './events.ts';
import { assertNotInvited } from './pending.ts';
import { presentInvitation } from './present-invitation.ts';
import {
  deleteInvitation,
  findInvitation,
  type Invitation,
  insertInvitation,
  listInvitations,
  namesOf,
  renewInvitation,
} from './repository.ts';
import type { CreateInvitationBody, InvitationReply, InvitationsQuery } from './schemas.ts';

export interface InvitationsService {
  list(call: CallContext, query: InvitationsQuery): Promise<Page<InvitationReply>>;
  get(call: CallContext, id: string): Promise<InvitationReply>;
  create(call: CallContext, input: CreateInvitationBody): Promise<InvitationReply>;
  /** Mails a new link, which takes the place of the one before and works as long as a first one. */
  send(call: CallContext, id: string): Promise<InvitationReply>;
  remove(call: CallContext, id: string): Promise<void>;
  accept: AcceptInvitation;
}

export interface InvitationSettings {
  ttlSeconds: number;
  links: Pick<MailLinks, 'acceptInvitation'>;
  /** Of one tenant. */
  mailsPerHourMax: number;
}

interface Needs
  extends Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock' | 'changes'>,
    InvitationSettings {
  throttle: Pick<LoginThrottle, 'attempt'>;
}

export function createInvitationsService(needs: Needs): InvitationsService {
  const { db } = needs;
  return {
    list: (call, query) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await listInvitations(tx, call.tenantId, query), query.limit, presentInvitation),
      ),
    get: (call, id) =>
      db.withTenant(call.tenantId, async (tx) =>
        presentInvitation(await invitationOf(tx, call, id)),
      ),
    create: (call, input) => db.asSystem((tx) => create(needs, tx, call, input)),
    send: (call, id) => db.asSystem((tx) => send(needs, tx, call, id)),
    remove: (call, id) => db.withTenant(call.tenantId, (tx) => remove(needs, tx, call, id)),
    accept: createAcceptInvitation(needs),
  };
}

/**
 * The invitation, its place in the plan, the mail, the audit entry and the event: all of them or
 * none. As the system, because a tenant does not see what is counted of mails.
 */
async function create(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  { email, roleIds }: CreateInvitationBody,
): Promise<InvitationReply> {
  const { tenantId, actor } = call;
  const current = await lockAccess(tx, call, 'users:write');
  const roles = roleIds ? await rolesById(tx, tenantId, roleIds) : await defaultRoles(tx, tenantId);
  assertMayAssign(current, roles);
  await assertNoMember(tx, tenantId, email);
  await assertNotInvited(tx, tenantId, email);
  await reserveSeat(tx, tenantId);
  const link = newLink(needs);
  const id = await insertInvitation(tx, {
    tenantId,
    email: email.trim(),
    roleIds: roles.map((role) => role.id),
    tokenHash: link.tokenHash,
    expiresAt: link.expiresAt,
    invitedBy: actor.type === 'user' ? actor.id : null,
  });
  const made = await invitationOf(tx, call, id);
  await mail(needs, tx, call, made, link.token);
  await audit(needs, tx, call, 'invitation.created', undefined, made);
  const shown = presentInvitation(made);
  await emitEvent(needs, tx, tenantId, invitationCreated, shown);
  return shown;
}

async function send(needs: Needs, tx: Tx, call: CallContext, id: string): Promise<InvitationReply> {
  // So that it does not expire for somebody who counts it meanwhile.
  await lockAccess(tx, call, 'users:write');
  const before = await invitationOf(tx, call, id);
  const { token, tokenHash, expiresAt } = newLink(needs);
  await renewInvitation(tx, before, { tokenHash, expiresAt });
  const after = { ...before, expiresAt };
  await mail(needs, tx, call, after, token);
  await audit(needs, tx, call, 'invitation.sent', before, after);
  const shown = presentInvitation(after);
  await emitEvent(needs, tx, call.tenantId, invitationSent, shown);
  return shown;
}

async function remove(needs: Needs, tx: Tx, call: CallContext, id: string): Promise<void> {
  await lockAccess(tx, call, 'users:write');
  const invitation = await invitationOf(tx, call, id);
  await deleteInvitation(tx, invitation);
  await audit(needs, tx, call, 'invitation.deleted', invitation);
  await emitEvent(needs, tx, call.tenantId, invitationRevoked, presentInvitation(invitation));
}

async function invitationOf(tx: Tx, call: CallContext, id: string): Promise<Invitation> {
  const invitation = await findInvitation(tx, call.tenantId, id);
  if (!invitation) throw commonErrors.not_found('There is no such invitation.');
  return invitation;
}

function newLink({ clock, ttlSeconds }: Pick<Needs, 'clock' | 'ttlSeconds'>) {
  const token = newToken();
  const expiresAt = new Date(clock.now().getTime() + ttlSeconds * 1_000);
  return { token, tokenHash: hashToken(token), expiresAt };
}

async function mail(
  needs: Needs,
  tx: Tx,
  { tenantId, actor }: CallContext,
  { email, expiresAt }: Invitation,
  token: string,
): Promise<void> {
  await takeMail(needs, tx, tenantId, email);
  const sender = actor.type === 'user' ? actor.id : null;
  const { tenantName, personName } = await namesOf(tx, tenantId, sender);
  const values = {
    inviter: personName,
    tenantName,
    link: needs.links.acceptInvitation(token),
    expiresAt: expiresAt.toISOString(),
  };
  await sendMail(needs, tx, email, 'invitation', values, { expiresAt });
}

/** Throws `mail_sent_recently` and `too_many_invitations` (429). */
async function takeMail(
  { mailsPerHourMax }: Pick<Needs, 'mailsPerHourMax'>,
  tx: Tx,
  tenantId: string,
  email: string,
): Promise<void> {
  const wait = await takeMailTurn(tx, mailKey(`invitation/${tenantId}`, email));
  if (wait > 0) throw authErrors.mail_sent_recently(undefined, { retryAfterSeconds: wait });
  const key = mailKey('invitations', tenantId);
  const retryAfterSeconds = await takeMailAllowance(tx, key, mailsPerHourMax);
  if (retryAfterSeconds > 0) {
    throw invitationErrors.too_many_invitations(undefined, { retryAfterSeconds });
  }
}

function audit(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  action: string,
  before?: Invitation,
  after?: Invitation,
) {
  return writeAudit(needs, tx, call, {
    action,
    resourceType: 'invitation',
    resourceId: (after ?? before)?.id ?? null,
    ...(before && { before: presentInvitation(before) }),
    ...(after && { after: presentInvitation(after) }),
  });
}
