import { defineErrors } from '@trellis/core/errors';

export const webhookErrors = defineErrors({
  url_refused: {
    status: 422,
    title: 'The URL cannot be used for webhooks',
    description:
      'It is not http or https, holds credentials, or names an address that is not public; `detail` says which. An operator can open ranges with `WEBHOOK_ALLOW_CIDRS`.',
  },
  header_refused: {
    status: 422,
    title: 'The custom header cannot be used',
    description:
      'The header belongs to the connection, to proxies or to Standard Webhooks, comes twice, or is sent as `[redacted]` while there is no value to keep, or would be kept for a URL of another origin; `detail` names it.',
  },
  rotation_limit: {
    status: 409,
    title: 'Too many secrets are still valid',
    description:
      'Four secrets that were rotated away still sign. Wait until one of them expires, or rotate with `overlapSeconds` of 0.',
  },
  webhook_inactive: {
    status: 409,
    title: 'The subscription is not active',
    description: 'Nothing is sent to it. Set `isActive` to true first.',
  },
  delivery_cancelled: {
    status: 409,
    title: 'The delivery was cancelled',
    description:
      'It was given up, as when its subscription is deleted, and cannot be sent any more.',
  },
  recovery_running: {
    status: 409,
    title: 'A recovery of the subscription is running',
    description:
      'One of a subscription runs at a time; `detail` names it. Wait until it has ended, or cancel it.',
  },
  count_running: {
    status: 409,
    title: 'A dry run is counting',
    description: 'One of a tenant counts at a time. Try again when it has answered.',
  },
  recovery_ended: {
    status: 409,
    title: 'The recovery has ended',
    description: 'It is completed, failed or cancelled, so there is nothing to cancel.',
  },
});
