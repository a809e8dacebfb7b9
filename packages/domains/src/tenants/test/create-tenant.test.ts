import { startApi } from '@trellis/test/api';
import { password } from '@trellis/test/sign-up';
import t from 'tap';

t.test('a new tenant', async (t) => {
  const api = await startApi(t);
  let count = 0;
  const register = (tenantName: string) =>
    api.request('POST', '/auth/register', {
      body: { tenantName, name: 'Ada', email: `ada-${count++}@example.com`, password },
    });

  await t.test('gets a slug of letters and digits, with dashes between them', async (t) => {
    for (const [name, slug] of [
      ['Ácme & Söhne', 'a-cme-so-hne'],
      ['--Dashes--', 'dashes'],
      [`${'a'.repeat(47)} b`, 'a'.repeat(47)],
      ['分析', 'tenant'],
    ] as const) {
      const { status, body } = await register(name);
      t.equal(status, 201);
      t.equal(body.tenant.slug, slug, name);
    }
  });

  await t.test('has a name that can be seen', async (t) => {
    for (const name of ['', ' ', '\u200b', '\u3164', '\u2800 \u00ad']) {
      const { status, body } = await register(name);
      t.equal(status, 400, JSON.stringify(name));
      t.match(body.errors, [{ path: 'body/tenantName' }]);
    }
    for (const name of ['\u{1f680}', '42', '«»']) t.equal((await register(name)).status, 201);
  });
});
