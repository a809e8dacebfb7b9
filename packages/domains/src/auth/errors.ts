import { defineErrors } from '@trellis/core/errors';

export const authErrors = defineErrors({
  invalid_credentials: {
    status: 401,
    title: 'The e-mail or the password is wrong',
    description:
      'The same answer, after the same time, for an unknown address and a wrong password.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many failed tries',
    description:
      'Passwords or codes were wrong too often for this account or from this address, so nothing is checked before `Retry-After`, not even what is right. The wait grows with each further failure. Too many requests for a link from one address have to wait as well.',
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
  session_required: {
    status: 403,
    title: 'A person has to do this',
    description:
      'The route is about the person who is logged in or their session. An API key has neither; send an access token.',
  },
  token_invalid: {
    status: 422,
    title: 'The link does not work any more',
    description:
      'The token of a mailed link is malformed, has expired, or one of its kind was used. Ask for another link.',
  },
  password_wrong: {
    status: 422,
    title: 'The password is wrong',
    description: 'The current password of the account is asked for, and this is another one.',
  },
  email_already_verified: {
    status: 409,
    title: 'The e-mail is verified',
    description: 'There is nothing left to verify, so no link was sent.',
  },
  mail_sent_recently: {
    status: 429,
    title: 'A link was sent a moment ago',
    description: 'Such a mail is sent once a minute at most. Try again after `Retry-After`.',
  },
  mfa_required: {
    status: 401,
    title: 'A second factor is needed',
    description:
      'The e-mail and the password are right. Log in again with `code` from the authenticator app, or with a recovery code.',
  },
  mfa_code_invalid: {
    status: 401,
    title: 'The code of the second factor is wrong',
    description: 'It is mistyped, too old, or was used before: a code is good for one log-in.',
  },
  mfa_code_wrong: {
    status: 422,
    title: 'The code is wrong',
    description: 'The change asks for a code that is right now, and that was not used before.',
  },
  email_unverified: {
    status: 409,
    title: 'The e-mail address is not verified',
    description:
      'Follow the link that was mailed to it first; `POST /auth/email/verification` mails another.',
  },
  mfa_enabled: {
    status: 409,
    title: 'The second factor is on',
    description: 'Turn it off before another one is set up.',
  },
  mfa_not_enabled: {
    status: 409,
    title: 'The second factor is off',
    description: 'It has to be set up and enabled first.',
  },
  mfa_not_set_up: {
    status: 409,
    title: 'The second factor is not set up',
    description: 'Call `POST /auth/mfa/setup` first, and once more when it was called since.',
  },
});
