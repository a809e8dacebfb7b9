import { holdsPermission } from '@trellis/core/permissions';
import t from 'tap';

t.test('what a set of grants holds', async (t) => {
  const cases: [granted: string[], permission: string, held: boolean][] = [
    [[], 'users:read', false],
    [['users:read'], 'users:read', true],
    [['users:read'], 'users:write', false],
    [['users:read'], 'users:read:all', false],
    [['*'], 'users:write', true],
    [['*:read'], 'users:read', true],
    [['*:read'], 'users:write', false],
    [['users:*'], 'users:read', false],
    [['*'], 'admin', false],
    [['*'], 'tenant:own', false],
    [['*', '*:read'], 'admin', false],
    [['admin'], 'admin', true],
    [['admin'], 'users:read', false],
    [['tenant:own'], 'tenant:own', true],
  ];
  for (const [granted, permission, held] of cases) {
    const set = new Set(granted);
    t.equal(holdsPermission(set, permission), held, `[${granted}] and ${permission}`);
  }
});
