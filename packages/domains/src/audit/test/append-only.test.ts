import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';

t.test('the audit trail', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  const { db } = api.app.platform;
  const before = (await api.request('GET', '/audit-logs', { token })).body.data;

  await t.test('cannot be changed or emptied by the roles of the platform', async (t) => {
    const statements = [
      "update audit_logs set action = 'x'",
      'delete from audit_logs',
      'truncate audit_logs',
      'delete from audit_heads',
      'update audit_heads set pruned_seq = 1',
    ];
    for (const statement of statements) {
      const attempt = db.withTenant(tenant.id, (tx) => tx.sql.unsafe(statement));
      await t.rejects(attempt.catch(withCode), { cause: { code: '42501' } }, statement);
    }
    for (const statement of statements.slice(0, 3)) {
      const attempt = db.asSystem((tx) => tx.sql.unsafe(statement));
      await t.rejects(attempt.catch(withCode), { cause: { code: '42501' } }, statement);
    }
    t.same((await api.request('GET', '/audit-logs', { token })).body.data, before);
  });

  await t.test('has no entry of a change that was refused', async (t) => {
    const body = { name: 'owner', permissions: [] };
    t.equal((await api.request('POST', '/roles', { token, body })).status, 409);
    t.same((await api.request('GET', '/audit-logs', { token })).body.data, before);
  });
});

/** The driver’s error is thrown bare or wrapped, depending on who sends the statement. */
function withCode(error: Error & { code?: string }): never {
  throw new Error('refused', { cause: error.code ? error : error.cause });
}
