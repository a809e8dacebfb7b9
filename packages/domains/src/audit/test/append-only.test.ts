import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';

t.test('the audit trail', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  const { db } = api.app.platform;

  await t.test('cannot be changed or emptied by the role of the requests', async (t) => {
    const denied = { cause: { code: '42501' } };
    const update = db.withTenant(tenant.id, (tx) => tx.sql`update audit_logs set action = 'x'`);
    await t.rejects(update.catch(withCode), denied);
    const remove = db.withTenant(tenant.id, (tx) => tx.sql`delete from audit_logs`);
    await t.rejects(remove.catch(withCode), denied);
    t.equal((await api.request('GET', '/audit-logs', { token })).body.data.length, 1);
  });

  await t.test('has no entry of a change that was refused', async (t) => {
    const body = { name: 'owner', permissions: [] };
    t.equal((await api.request('POST', '/roles', { token, body })).status, 409);
    t.equal((await api.request('GET', '/audit-logs', { token })).body.data.length, 1);
  });
});

/** The driver’s error is thrown bare or wrapped, depending on who sends the statement. */
function withCode(error: Error & { code?: string }): never {
  throw new Error('refused', { cause: error.code ? error : error.cause });
}
