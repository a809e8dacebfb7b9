import type { Invitation } from './repository.ts';
import type { InvitationReply } from './schemas.ts';

/** An invitation as the API shows it, and as the audit keeps it; its token is in the mail alone. */
export function presentInvitation(invitation: Invitation): InvitationReply {
  return {
    id: invitation.id,
    email: invitation.email,
    roles: invitation.roles,
    invitedBy: invitation.invitedBy,
    expiresAt: invitation.expiresAt.toISOString(),
    createdAt: invitation.createdAt.toISOString(),
  };
}
