import { defineErrors } from '@trellis/core/errors';

export const roleErrors = defineErrors({
  permission_escalation: {
    status: 403,
    title: 'Nobody grants what they do not hold',
    description:
      'A role or an API key may be made or given only by somebody who holds each of its permissions, a key that is made with a key ends with it, and ownership is taken away by owners only. `detail` names what is more than the caller has.',
  },
  role_exists: {
    status: 409,
    title: 'The name of the role is taken',
    description:
      'The tenant has another role of this name, or a system role is called so; case and invisible characters do not count.',
  },
  role_limit_reached: {
    status: 409,
    title: 'The tenant has too many roles',
    description: 'It has as many as `ROLES_MAX` allows, system roles included. Delete some.',
  },
  role_in_use: {
    status: 409,
    title: 'The role is in use',
    description: 'Somebody still has the role. Give these people other roles first.',
  },
  system_role: {
    status: 409,
    title: 'System roles cannot be changed',
    description: 'The roles owner, admin and member are the same in every tenant. Make your own.',
  },
  last_owner: {
    status: 409,
    title: 'A tenant keeps at least one owner',
    description:
      'The change would leave the tenant without an active owner. Make another one first.',
  },
  unknown_permission: {
    status: 422,
    title: 'There is no such permission',
    description: '`GET /permissions` lists those that exist; `detail` names the one that does not.',
  },
  unknown_role: {
    status: 422,
    title: 'There is no such role',
    description: 'One of `roleIds` is no role of this tenant; `detail` names it.',
  },
});
