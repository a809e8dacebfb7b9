import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { userCreated } from '../../users/events.ts';
import { isProblem, refusesStrangers } from '../../webhooks/test/refusals.ts';
import { declareType, orderSchema } from './declare-type.ts';

t.test('GET /event-types', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const list = (query = '', { token } = account) =>
    api.request('GET', `/event-types${query}`, { token });
  const namesOf = (types: { name: string }[]) => types.map(({ name }) => name);

  await t.test('200: what the domains declare, with the schema of each', async (t) => {
    const { status, body } = await list('?limit=100');
    t.equal(status, 200);
    t.equal(body.nextCursor, null);
    const names = namesOf(body.data);
    t.same(names, names.toSorted());
    for (const name of ['user.created', 'role.deleted', 'webhook.disabled', 'webhook.test']) {
      t.ok(names.includes(name), name);
    }
    const created = body.data.find(({ name }: { name: string }) => name === 'user.created');
    t.same(created, {
      name: 'user.created',
      description: userCreated.description,
      schema: JSON.parse(JSON.stringify(userCreated.data)),
      source: 'platform',
      createdAt: null,
      updatedAt: null,
    });
  });

  await t.test('200: those of the tenant among them, in pages by name', async (t) => {
    const here = await signUp(api, 'Here');
    const own = ['zebra.seen', 'AARDVARK.seen', 'user.dreamt', 'user_1', 'a'];
    for (const name of own) await declareType(api, here, name);
    const all = (await list('?limit=100', here)).body.data;
    const names = namesOf(all);
    t.same(names, names.toSorted(), 'in the order of their letters, whoever declares them');
    t.same(
      names.filter((name) => own.includes(name)),
      own.toSorted(),
    );
    t.match(
      all.find(({ name }: { name: string }) => name === 'zebra.seen'),
      {
        description: 'Of zebra.seen.',
        schema: orderSchema,
        source: 'tenant',
        createdAt: /Z$/,
        updatedAt: /Z$/,
      },
    );
    for (const limit of [1, 2, 7]) {
      const paged: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page = await list(`?limit=${limit}${cursor && `&cursor=${cursor}`}`, here);
        t.ok(page.body.data.length <= limit);
        paged.push(...namesOf(page.body.data));
        cursor = page.body.nextCursor;
      }
      t.same(paged, names, `${limit} at a time`);
    }
    t.notOk(namesOf((await list('?limit=100')).body.data).includes('zebra.seen'));
  });

  await t.test('400: a page that is none', async (t) => {
    const nonsense = Buffer.from('not a name').toString('base64url');
    isProblem(t, await list(`?cursor=${nonsense}`), 400, 'invalid_cursor');
    isProblem(t, await list('?limit=0'), 400, 'validation_failed');
    isProblem(t, await list('?source=tenant'), 400, 'validation_failed');
  });

  const route = { method: 'GET', path: '/event-types', permission: 'events:read' };
  await refusesStrangers(t, api, account, route);
});
