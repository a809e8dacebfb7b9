import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import createWorker from '../worker.ts';
import { invite } from './invite.ts';

t.test('the clean-up', async (t) => {
  const api = await startApi(t);
  const { db } = api.app.platform;
  const account = await signUp(api);
  const logged: unknown[] = [];
  const keep = (...line: unknown[]) => logged.push(line);
  const log = { debug: keep, info: keep, warn: keep, error: keep };
  const { handlers } = createWorker({ db, log });
  const run = () => handlers[0]?.run({}, { id: account.user.id, attempt: 1 });

  await t.test('removes what has expired, in more than one batch, and says so', async (t) => {
    const { id } = await invite(api, account);
    await db.querySystem(
      (sql) => sql`
        insert into invitations (id, tenant_id, email, role_ids, token_hash, expires_at)
        select gen_random_uuid(), ${account.tenant.id}, n || '@example.com', '{}', n::text,
          now() - interval '1 second'
        from generate_series(1, 2500) n`,
    );
    await run();
    t.same(logged, [[{ invitations: 2_500 }, 'Expired invitations were removed.']]);
    const rows = await db.querySystem((sql) => sql`select id from invitations`);
    t.same(rows, [{ id }], 'what is pending stays');
  });

  await t.test('finds nothing a second time', async (t) => {
    await run();
    t.same(logged.at(-1), [{ invitations: 0 }, 'Expired invitations were removed.']);
  });
});
