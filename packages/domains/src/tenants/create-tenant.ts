import { randomBytes } from 'node:crypto';
import { newId } from '@trellis/core/ids';
import { tenants } from '@trellis/db/schema/tenants';
import { membershipRoles, memberships, roles } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { defaultPlan } from '../plans/repository.ts';
import { systemRoles } from '../roles/system-roles.ts';
import type { Tenant } from './repository.ts';

export interface NewTenant {
  name: string;
  ownerId: string;
  isPlatform?: boolean;
  planType?: string;
}

/** A tenant with its system roles and its first owner. Needs a system transaction. */
export async function createTenant(tx: Tx, input: NewTenant): Promise<Tenant> {
  const tenant = await insertTenant(tx, input);
  const made = await tx.orm
    .insert(roles)
    .values(systemRoles.map((role) => ({ ...role, tenantId: tenant.id, isSystem: true })))
    .returning({ id: roles.id, name: roles.name });
  const owner = made.find((role) => role.name === 'owner');
  const membershipId = newId();
  await tx.orm
    .insert(memberships)
    .values({ id: membershipId, tenantId: tenant.id, userId: input.ownerId });
  await tx.orm
    .insert(membershipRoles)
    .values({ tenantId: tenant.id, membershipId, roleId: owner?.id ?? '' });
  return tenant;
}

async function insertTenant(tx: Tx, input: NewTenant): Promise<Tenant> {
  const planType = input.planType ?? (await defaultPlan(tx));
  const base = slugOf(input.name);
  for (const slug of [base, `${base}-${randomBytes(3).toString('hex')}`, newId()]) {
    const [tenant] = await tx.orm
      .insert(tenants)
      .values({
        name: input.name,
        slug,
        planType,
        isPlatform: input.isPlatform ?? false,
        createdBy: input.ownerId,
      })
      .onConflictDoNothing({ target: tenants.slug })
      .returning();
    if (tenant) return tenant;
  }
  throw new Error('no free slug was found');
}

/** Latin letters, digits and dashes; a name that has none of them becomes `tenant`. */
function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 48)
    .replace(/-+$/, '');
  return plain || 'tenant';
}
