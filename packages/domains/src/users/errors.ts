import { defineErrors } from '@trellis/core/errors';

export const userErrors = defineErrors({
  user_exists: {
    status: 409,
    title: 'The person is a member already',
    description:
      'Somebody with this e-mail is in the tenant, perhaps disabled. Change that person’s roles or status instead.',
  },
});
