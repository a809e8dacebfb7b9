import { defineErrors } from '@trellis/core/errors';

export const webhookErrors = defineErrors({
  url_refused: {
    status: 422,
    title: 'The URL cannot be used for webhooks',
    description:
      'It is not http or https, holds credentials, or names an address that is not public; `detail` says which. An operator can open ranges with `WEBHOOK_ALLOW_CIDRS`.',
  },
});
