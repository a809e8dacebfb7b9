import { laterThan } from '@trellis/db/columns';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { eq } from 'drizzle-orm';

export type Tenant = typeof tenants.$inferSelect;

export async function findTenant(tx: Tx, id: string): Promise<Tenant | undefined> {
  const [tenant] = await tx.orm.select().from(tenants).where(eq(tenants.id, id));
  return tenant;
}

/** Locks the row, so that what is compared with `If-Match` is what is changed. */
export async function lockTenant(tx: Tx, id: string): Promise<Tenant | undefined> {
  const [tenant] = await tx.orm.select().from(tenants).where(eq(tenants.id, id)).for('update');
  return tenant;
}

export async function renameTenant(tx: Tx, id: string, name: string): Promise<Tenant> {
  const [tenant] = await tx.orm
    .update(tenants)
    .set({
      name,
      // Always later than before, because the version that clients compare is made from it.
      updatedAt: laterThan(tenants.updatedAt),
    })
    .where(eq(tenants.id, id))
    .returning();
  return tenant as Tenant;
}
