import { defineErrors } from '@trellis/core/errors';

export const auditErrors = defineErrors({
  verification_running: {
    status: 429,
    title: 'A trail is being verified',
    description:
      'One call of a tenant verifies its trail at a time, and a few of all tenants. Repeat the call after `Retry-After`.',
  },
});
