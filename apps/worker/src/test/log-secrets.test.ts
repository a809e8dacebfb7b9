import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { workerSettingsOf } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import postgres from 'postgres';
import t from 'tap';
import { startWorker } from '../app.ts';
import { createLog } from '../log.ts';

/** 32 bytes in base64url: the hash of a token. */
const tokenHash = /(?<![\w-])[\w-]{43}(?![\w-])/;

t.test('a job that fails in the database is logged without what it wrote', async (t) => {
  const api = await startApi(t);
  const { user } = await signUp(api);
  const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  await owner.unsafe('alter table one_time_tokens add constraint no_more check (false) not valid');
  const { status } = await api.request('POST', '/auth/password/forgot', {
    body: { email: user.email },
  });
  t.equal(status, 202);

  const lines: string[] = [];
  const log = createLog({ level: 'trace' }, { write: (line) => lines.push(line) });
  const worker = await startWorker(workerSettingsOf(api.env), { log });
  t.teardown(() => worker.stop());
  const line = await eventually(() => lines.find((line) => line.includes('A job failed.')));
  t.match(line, /"job":"auth\.send-password-reset"/);
  t.match(line, /violates check constraint \\"no_more\\" \(23514\)/, 'it says why');
  t.match(line, /PostgresError: .*\\n {4}at /, 'and where');
  const text = lines.join('').replaceAll(/_hash=\w+/g, '');
  t.notMatch(text, /params: |Failing row/);
  t.notOk(text.includes(user.email));
  t.notOk(text.includes(user.id));
  t.notMatch(text, tokenHash);
});
