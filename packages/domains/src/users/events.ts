import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Email, Id, RolesHeld, Timestamp } from '../events/schema-pieces.ts';

// Signing up publishes nothing: the tenant is made with its first person, so nobody can have
// subscribed yet. What a person does to the account alone, such as another password, shows in no
// tenant and is no event either; neither is the new name of a role that people hold.

/** A person as `GET /users/:id` of the tenant shows them. */
const User = Type.Object({
  id: Id,
  email: Email,
  name: Type.String({ examples: ['Ada Lovelace'] }),
  status: Type.Union([Type.Literal('active'), Type.Literal('disabled')], {
    description: 'Whether the tenant lets the person in.',
    examples: ['active'],
  }),
  roles: RolesHeld,
  createdAt: Type.String({ ...Timestamp, description: 'When the person joined the tenant.' }),
});

export const userCreated = defineEvent({
  name: 'user.created',
  description: 'A person joined the tenant: was added, or accepted an invitation.',
  data: User,
});

export const userUpdated = defineEvent({
  name: 'user.updated',
  description: 'A person was renamed, disabled, let in again, or given other roles.',
  data: User,
});

export const userDeleted = defineEvent({
  name: 'user.deleted',
  description: 'A person was removed from the tenant; `data` is how they were shown last.',
  data: User,
});
