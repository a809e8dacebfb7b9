import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Id, Permissions, Timestamp } from '../events/schema-pieces.ts';

/** A role as `GET /roles/:id` shows it. */
const Role = Type.Object({
  id: Id,
  name: Type.String({ examples: ['Support'] }),
  description: Type.String({ examples: ['Answers customers; changes nothing.'] }),
  permissions: Permissions,
  isSystem: Type.Boolean({ description: 'Cannot be changed or removed.', examples: [false] }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});

export const roleCreated = defineEvent({
  name: 'role.created',
  description: 'A role was made.',
  data: Role,
});

export const roleUpdated = defineEvent({
  name: 'role.updated',
  description: 'A role got another name, description or permissions; it holds for all who have it.',
  data: Role,
});

export const roleDeleted = defineEvent({
  name: 'role.deleted',
  description: 'A role that nobody held was deleted; `data` is how it was shown last.',
  data: Role,
});
