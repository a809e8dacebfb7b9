import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { domainsFolder } from '../../folder.ts';
import { invite } from '../../invitations/test/invite.ts';
import { loadQuotas } from '../load-quotas.ts';
import { Plan } from '../schemas.ts';

const quota = (name: string, limit: string) =>
  `export const ${name}Quota = { name: '${name}', limit: '${limit}', counts: '${name}', used: () => 0 };`;

function domains(t: Test, files: Record<string, string>): string {
  const folders = Object.entries(files).map(([name, text]) => [name, { 'quota.ts': text }]);
  return t.testdir(Object.fromEntries(folders));
}

t.test('every quota of every domain is found, by name', async (t) => {
  const folder = domains(t, {
    carts: `${quota('wheels', 'maxWheels')}\n${quota('carts', 'maxCarts')}\nexport const size = 3;`,
    orders: quota('orders', 'maxOrders'),
  });
  const quotas = await loadQuotas(folder);
  t.strictSame(
    quotas.map(({ name }) => name),
    ['carts', 'orders', 'wheels'],
  );
});

t.test('what cannot be counted is refused in one line', async (t) => {
  const cases: [files: Record<string, string>, line: string][] = [
    [
      { one: quota('carts', 'maxCarts'), two: quota('carts', 'maxWheels') },
      'Quota "carts" is declared twice.',
    ],
    [
      { one: quota('carts', 'maxCarts'), two: quota('wheels', 'maxCarts') },
      'Two quotas are held against "maxCarts".',
    ],
    ...['rateLimit', 'grace', 'planType', 'planName', 'featuresEnabled'].map(
      (name): [Record<string, string>, string] => [
        { one: quota(name, 'maxCarts') },
        `No quota can be named "${name}": the usage has a field of this name.`,
      ],
    ),
    [{ one: 'export const nothing = 1;' }, 'one/quota declares no quota.'],
  ];
  for (const [files, message] of cases) {
    await t.test(message, async (t) => {
      await t.rejects(loadQuotas(domains(t, files)), { message });
    });
  }
});

t.test('the domains of the platform', async (t) => {
  const quotas = await loadQuotas(domainsFolder);

  await t.test('count against every limit of a plan that can be counted against', async (t) => {
    const limits = Object.keys(Plan.properties).filter((name) => name.startsWith('max'));
    t.ok(limits.length >= 4);
    t.strictSame(quotas.map(({ limit }) => limit).sort(), limits.sort());
  });

  await t.test('count what is of the tenant alone, for the system as for the tenant', async (t) => {
    const api = await startApi(t);
    const { db } = api.app.platform;
    const [full, empty] = [await signUp(api), await signUp(api, 'Empty')];
    await invite(api, full);
    const { token } = full;
    const hook = { url: 'http://127.0.0.1:9/hook', events: ['*'] };
    const event = { type: 'order.paid', data: 1 };
    const file = new FormData();
    file.set('file', new Blob(['seven b']), 'file.bin');
    t.equal((await api.request('POST', '/webhooks', { token, body: hook })).status, 201);
    t.equal((await api.request('POST', '/events', { token, body: event })).status, 202);
    const headers = { authorization: `Bearer ${token}` };
    await fetch(`${api.url}/api/v1/files`, { method: 'POST', headers, body: file });
    const expected: Record<string, [full: number, empty: number]> = {
      events: [1, 0],
      storage: [7, 0],
      users: [2, 1],
      webhooks: [1, 0],
    };
    t.strictSame(
      Object.keys(expected),
      quotas.map(({ name }) => name),
    );
    for (const { name, used } of quotas) {
      const counts = [full, empty].map(async ({ tenant: { id } }) => [
        await db.withTenant(id, (tx) => used(tx, id)),
        await db.asSystem((tx) => used(tx, id)),
      ]);
      const [ofFull = 0, ofEmpty = 0] = expected[name] ?? [];
      t.strictSame(
        await Promise.all(counts),
        [
          [ofFull, ofFull],
          [ofEmpty, ofEmpty],
        ],
        name,
      );
    }
  });
});
