import { ownerPermission } from '@trellis/core/permissions';

/** What every tenant has from the start. They cannot be changed or removed. */
export const systemRoles = [
  {
    name: 'owner',
    description: 'Everything, and the tenant itself.',
    permissions: ['*', ownerPermission],
  },
  { name: 'admin', description: 'Everything but ownership.', permissions: ['*'] },
  { name: 'member', description: 'Reads everything.', permissions: ['*:read'] },
];
