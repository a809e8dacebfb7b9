import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Email, Id, Nullable, RolesHeld, Timestamp } from '../events/schema-pieces.ts';

// The token is in the mail alone. An invitation that expires is no event: it ends by the clock.

/** An invitation as `GET /invitations/:id` shows it. */
const Invitation = Type.Object({
  id: Id,
  email: Email,
  roles: RolesHeld,
  invitedBy: Nullable(Id),
  expiresAt: Timestamp,
  createdAt: Timestamp,
});

export const invitationCreated = defineEvent({
  name: 'invitation.created',
  description: 'Somebody was asked by mail to join the tenant.',
  data: Invitation,
});

export const invitationSent = defineEvent({
  name: 'invitation.sent',
  description: 'An invitation was mailed again, and expires later than before.',
  data: Invitation,
});

export const invitationAccepted = defineEvent({
  name: 'invitation.accepted',
  description: 'An invitation was accepted; `user.created` tells of the person.',
  data: Type.Object({ ...Invitation.properties, userId: Id }),
});

export const invitationRevoked = defineEvent({
  name: 'invitation.revoked',
  description: 'An invitation was deleted before anybody had accepted it.',
  data: Invitation,
});
