import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Id, Nullable, Permissions, Timestamp } from '../events/schema-pieces.ts';

/** A key as `GET /api-keys/:id` shows it: nothing that lets anybody in. */
const ApiKey = Type.Object({
  id: Id,
  name: Type.String({ examples: ['Nightly import'] }),
  prefix: Type.String({
    description: 'The beginning of the key.',
    examples: ['trl_k3vq7pz2mwxa'],
  }),
  permissions: Permissions,
  rateLimit: Type.Union([Type.Integer({ examples: [60] }), Type.Null()], {
    description: 'Requests per minute; null when the limit of the tenant alone holds.',
  }),
  expiresAt: Nullable(Timestamp),
  lastUsedAt: Nullable(Timestamp),
  createdBy: Nullable(Id),
  createdAt: Timestamp,
});

export const apiKeyCreated = defineEvent({
  name: 'api-key.created',
  description: 'An API key was made. The key itself is in the answer to that alone.',
  data: ApiKey,
});

export const apiKeyDeleted = defineEvent({
  name: 'api-key.deleted',
  description: 'An API key was deleted and works no longer; `data` is how it was shown last.',
  data: ApiKey,
});
