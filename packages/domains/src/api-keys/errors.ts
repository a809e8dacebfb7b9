import { defineErrors } from '@trellis/core/errors';

export const apiKeyErrors = defineErrors({
  api_key_limit_reached: {
    status: 409,
    title: 'The tenant has too many API keys',
    description: 'It has as many as `API_KEYS_MAX` allows, expired ones included. Delete some.',
  },
  permission_for_people: {
    status: 422,
    title: 'Only people hold this permission',
    description:
      'An API key can have neither `tenant:own`, which makes an owner, nor `admin`, which is the platform’s.',
  },
  expiry_not_ahead: {
    status: 422,
    title: 'The expiry is not in the future',
    description: '`expiresAt` has to be a moment that is still to come, before the year 10000.',
  },
});
