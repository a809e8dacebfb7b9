import { setPlan } from '@trellis/test/installation';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { isForAdministrators, startPlatform, trailOf } from './administrate.ts';

t.test('GET /admin/tenants', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, account, call } = platform;
  const get = (query = '') => call('GET', `/admin/tenants${query}`);
  const search = (text: string) => get(`?search=${encodeURIComponent(text)}`);
  const namesOf = ({ body }: { body: { data: { name: string }[] } }) =>
    body.data.map(({ name }) => name);
  const named = async (name: string, first: string) => {
    const made = await signUp(api, first);
    await api.request('PATCH', '/tenant', { token: made.token, body: { name } });
    return made;
  };
  const second = await named('50% Off_Road', 'Second');
  const third = await named('Zoë', 'Third');

  await t.test('200: all tenants, the newest first', async (t) => {
    await addUser(api, account, []);
    const reply = await get();
    t.equal(reply.status, 200);
    t.same(namesOf(reply), ['Zoë', '50% Off_Road', 'Acme', 'Platform']);
    const { createdAt, updatedAt, ...acme } = reply.body.data[2];
    t.same(acme, {
      ...account.tenant,
      status: 'active',
      planType: 'free',
      isPlatform: false,
      members: 2,
    });
    t.ok(Date.parse(createdAt) <= Date.parse(updatedAt));
    t.match(reply.body.data[3], { isPlatform: true, planType: 'enterprise', members: 1 });
  });

  await t.test('200: a part of the name or the slug, in any case', async (t) => {
    t.same(namesOf(await search('aCm')), ['Acme']);
    t.same(namesOf(await search('ZOË')), ['Zoë']);
    t.same(namesOf(await search(third.tenant.slug)), ['Zoë']);
    t.same(namesOf(await search('nobody')), []);
  });

  await t.test('200: what is special to LIKE is but a character', async (t) => {
    t.same(namesOf(await search('%')), ['50% Off_Road']);
    t.same(namesOf(await search('f_R')), ['50% Off_Road']);
    t.same(namesOf(await search('A_m')), []);
    t.same(namesOf(await search('0% o')), ['50% Off_Road']);
    t.same(namesOf(await search('\\')), []);
    t.same(namesOf(await search('a%e')), []);
  });

  await t.test('200: by plan and by status, together', async (t) => {
    await setPlan(api.database, second.tenant.id, 'pro');
    t.same(namesOf(await get('?planType=pro')), ['50% Off_Road']);
    await call('PATCH', `/admin/tenants/${third.tenant.id}`, { status: 'suspended' });
    t.same(namesOf(await get('?status=suspended')), ['Zoë']);
    t.same(namesOf(await get('?status=active&planType=free&search=e')), ['Acme']);
  });

  await t.test('200: pages that stay right while tenants sign up', async (t) => {
    const first = await get('?limit=2');
    t.same(namesOf(first), ['Zoë', '50% Off_Road']);
    await signUp(api, 'Late');
    const rest = await get(`?limit=2&cursor=${first.body.nextCursor}`);
    t.same(namesOf(rest), ['Acme', 'Platform']);
    t.equal(rest.body.nextCursor, null);
  });

  await t.test('each look, and what it was for, is in the trail of the platform', async (t) => {
    await get('?search=acm&status=active');
    const [entry] = await trailOf(api, admin, 'tenant.listed');
    t.match(entry, { actorId: admin.user.id, resourceType: 'tenant', resourceId: null });
    t.same(entry.after, { search: 'acm', status: 'active' });
    t.same(await trailOf(api, account, 'tenant.listed'), []);
  });

  await t.test('400: a query that is not valid', async (t) => {
    for (const query of ['status=gone', 'planType=A', 'limit=101', 'name=x']) {
      t.equal((await get(`?${query}`)).body.code, 'validation_failed', query);
    }
    t.equal((await get('?cursor=x')).body.code, 'invalid_cursor');
    t.equal((await get('?search=%00')).body.code, 'invalid_text');
  });

  await t.test('401, 403: for administrators alone', (t) =>
    isForAdministrators(t, platform, 'GET', '/admin/tenants'),
  );
});
