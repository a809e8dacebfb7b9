import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { invite } from '../../invitations/test/invite.ts';
import { usersQuota } from '../quota.ts';

t.test('who accepts while users are counted is counted once', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const stranger = await signUp(api, 'Stranger');
  const { id } = await invite(api, account);
  const tenantId = account.tenant.id;
  const { db } = api.app.platform;
  const counting = await asSystem(api.database, async (tx) => {
    await tx.sql`lock table invitations in access exclusive mode`;
    const counted = db.withTenant(tenantId, (own) => usersQuota.used(own, tenantId));
    await eventually(async () => {
      const [row] = await tx.sql`
        select from pg_locks l join pg_stat_activity a using (pid)
        where not l.granted and a.datname = current_database()`;
      return row !== undefined;
    });
    await tx.sql`delete from invitations where id = ${id}`;
    await tx.sql`
      insert into memberships (id, tenant_id, user_id)
      values (${id}, ${tenantId}, ${stranger.user.id})`;
    return { counted };
  });
  t.equal(await counting.counted, 2);
});
