import { defineErrors } from '@trellis/core/errors';

export const authErrors = defineErrors({
  invalid_credentials: {
    status: 401,
    title: 'The e-mail or the password is wrong',
    description:
      'The same answer, after the same time, for an unknown address and a wrong password.',
  },
  refresh_token_invalid: {
    status: 401,
    title: 'The refresh token is not valid',
    description: 'It is malformed, or its session has expired or was ended. Log in again.',
  },
  refresh_token_reused: {
    status: 401,
    title: 'The refresh token was used before',
    description:
      'A token older than the one before the current came back, which happens when it was stolen. The whole session was ended.',
  },
  email_taken: {
    status: 409,
    title: 'The e-mail is taken',
    description: 'A person with this address exists. Log in, or ask for an invitation.',
  },
  tenant_suspended: {
    status: 403,
    title: 'The tenant is suspended',
    description: 'A platform administrator has suspended the tenant; nothing of it can be used.',
  },
  no_membership: {
    status: 403,
    title: 'Not a member of the tenant',
    description: 'The person is in no active tenant, or not in the one that was named.',
  },
});
