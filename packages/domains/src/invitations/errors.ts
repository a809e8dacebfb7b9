import { defineErrors } from '@trellis/core/errors';

export const invitationErrors = defineErrors({
  invitation_exists: {
    status: 409,
    title: 'The person is invited already',
    description:
      'An invitation of this address is pending in the tenant. Send it again, or delete it first.',
  },
  invitation_invalid: {
    status: 422,
    title: 'The invitation is not valid',
    description:
      'The token is unknown, was used, has expired, or was replaced by one that was sent later. Ask for a new invitation.',
  },
  account_details_required: {
    status: 422,
    title: 'The account is not complete',
    description:
      'Nobody has an account of this address yet: send `name` and `password` as well. For an account without a password, or whose address was never verified, send the `password` that it gets.',
  },
  account_exists: {
    status: 422,
    title: 'The person has an account already',
    description:
      'The link shows whose the address is, not whose the account. Send the current `password` of the account as well, or the access token of a session of the person, and no `name`: the account stays as it is. Who does not know the password asks for another by `POST /auth/password/forgot`.',
  },
  too_many_invitations: {
    status: 429,
    title: 'The tenant has invited too many people of late',
    description:
      'A tenant mails as many invitations in an hour as `INVITATIONS_PER_HOUR_MAX` allows, those sent again included. Try again after `Retry-After`.',
  },
  account_disabled: {
    status: 403,
    title: 'The account is disabled',
    description: 'A platform administrator has disabled the person, who can join no tenant.',
  },
});
