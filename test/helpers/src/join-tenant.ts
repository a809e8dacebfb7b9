import { newId } from '@trellis/core/ids';
import type { Api } from './api.ts';
import type { Account } from './sign-up.ts';

/** Makes a person of one tenant a member of another too, as an accepted invitation would. */
export async function joinTenant(
  { app }: Pick<Api, 'app'>,
  { tenant }: Pick<Account, 'tenant'>,
  userId: string,
): Promise<void> {
  const id = newId();
  await app.platform.db.asSystem(async ({ sql }) => {
    await sql`insert into memberships (id, tenant_id, user_id) values (${id}, ${tenant.id}, ${userId})`;
    await sql`
      insert into membership_roles (tenant_id, membership_id, role_id)
      select tenant_id, ${id}, id from roles
      where tenant_id = ${tenant.id} and name = 'member' and is_system`;
  });
}
