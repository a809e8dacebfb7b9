import { newId } from '@trellis/core/ids';
import { createSecretBox } from '@trellis/core/secret-box';
import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { readSnapshot } from '../chain/read-snapshot.ts';
import { verifyChain } from '../chain/verify-chain.ts';
import { writeAudit } from '../write-audit.ts';
import { callFor, fillTrail, idsOf, key, openTrail } from './open-trail.ts';

const all = { limit: 1_000 };
const entry = { action: 'thing.created', resourceType: 'thing', resourceId: null };

t.test('200 parallel changes over two processes make one chain without a gap', async (t) => {
  const one = await startApi(t);
  const other = await startApi(t, { beside: one });
  const { token, tenant } = await signUp(one);
  const replies = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      [one, other][index % 2]?.request('POST', '/roles', {
        token,
        // Every fourth is refused and rolled back.
        body: { name: index % 4 === 3 ? 'owner' : `Role ${index}`, permissions: [] },
      }),
    ),
  );
  t.equal(replies.filter((reply) => reply?.status === 201).length, 150);
  t.equal(replies.filter((reply) => reply?.status === 409).length, 50);
  const rows = await one.app.platform.db.queryTenant<{ seq: number }>(
    tenant.id,
    (sql) => sql`select seq::int from audit_logs where action = 'role.created' order by id`,
  );
  const places = rows.map(({ seq }) => seq);
  t.same(
    places,
    [...places].sort((a, b) => a - b),
    'the order of ids is that of the chain',
  );
  const { body } = await one.request('GET', '/audit-logs/verify', { token });
  t.match(body, { valid: true, problem: null, nextSeq: null });
  t.equal(body.entries, body.head.seq);
  t.ok(body.entries > 150);
});

t.test('a change that is rolled back leaves nothing in the chain', async (t) => {
  const trail = await openTrail(t);
  const tenantId = await fillTrail(trail, 2);
  const failing = trail.db.withTenant(tenantId, async (tx) => {
    await writeAudit(trail, tx, callFor(tenantId), entry);
    throw new Error('changed my mind');
  });
  await t.rejects(failing, { message: 'changed my mind' });
  await fillTrail(trail, 1, tenantId);
  t.match(await verifyChain(trail, tenantId, all), { entries: 3, problem: null, head: { seq: 3 } });
});

t.test('entries of one transaction follow each other, in each of its tenants', async (t) => {
  const trail = await openTrail(t);
  const tenants = [newId(), newId(), newId()];
  const write = (order: string[]) =>
    trail.db.asSystem(async (tx) => {
      for (const tenantId of [...order, ...order]) {
        await writeAudit(trail, tx, callFor(tenantId), entry);
      }
    });
  // Transactions that lock the same tenants in another order wait for each other forever.
  const orders = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0 ? tenants : tenants.toReversed(),
  );
  await Promise.all(orders.map(write));
  for (const tenantId of tenants) {
    t.match(await verifyChain(trail, tenantId, all), { entries: 40, problem: null });
  }
});

t.test('a transaction with any number of entries asks Postgres twice for them', async (t) => {
  const trail = await openTrail(t);
  const tenantId = await fillTrail(trail, 1);
  for (const count of [1, 50]) {
    let statements = 0;
    await trail.db.withTenant(tenantId, async (tx) => {
      for (let number = 0; number < count; number++) {
        await writeAudit(trail, tx, callFor(tenantId), entry);
      }
      const { sql } = tx;
      tx.sql = Object.assign((...args: Parameters<typeof sql>) => {
        statements += 1;
        return sql(...args);
      }, sql) as typeof sql;
    });
    t.equal(statements, 2);
  }
});

t.test('an entry has the time of its id, whatever the clock of the process says', async (t) => {
  const trail = await openTrail(t);
  const tenantId = await fillTrail(trail, 3);
  const rows = await trail.owner<{ id: string; at: string }[]>`
    select id, (extract(epoch from created_at) * 1000)::bigint as at from audit_logs
    where tenant_id = ${tenantId} order by seq`;
  for (const { id, at } of rows) {
    t.equal(Number.parseInt(id.replace('-', '').slice(0, 12), 16), Number(at));
  }
  t.same([...rows].map(({ id }) => id).sort(), (await idsOf(trail, tenantId)).slice(1));
});

t.test('the chain goes on over a change of SECRET_KEY', async (t) => {
  const trail = await openTrail(t, key('k1', 1));
  const tenantId = await fillTrail(trail, 3);
  const secrets = createSecretBox(`${key('k2', 2)},${key('k1', 1)}`);
  await fillTrail({ ...trail, secrets }, 3, tenantId);
  t.match(await verifyChain({ ...trail, secrets }, tenantId, all), { entries: 6, problem: null });

  await t.test('and is not right to one who has only the new key', async (t) => {
    const report = await verifyChain(
      { ...trail, secrets: createSecretBox(key('k2', 2)) },
      tenantId,
      all,
    );
    t.match(report, { entries: 0, problem: { kind: 'altered', seq: 1 } });
  });

  await t.test('nor can one with another key of the same name forge it', async (t) => {
    const forger = createSecretBox(key('k2', 3));
    await fillTrail({ ...trail, secrets: forger }, 1, tenantId);
    const report = await verifyChain({ ...trail, secrets }, tenantId, all);
    t.match(report, { entries: 6, problem: { kind: 'altered', seq: 7 } });
  });
});

t.test('a number is only right in the one text that it has', (t) => {
  for (const text of ['0', '-1.5', '0.0000001', '1000000000000000000000', '0.1', '123.25']) {
    t.ok(readSnapshot(`{"a": [${text}]}`).isExact, text);
  }
  for (const text of ['1.0', '0.10000000000000000001', '1e400', '9007199254740993']) {
    t.notOk(readSnapshot(`{"a": [${text}]}`).isExact, text);
  }
  t.same(readSnapshot(null), { value: null, isExact: true });
  for (const text of ['null', '1', '"a"', 'true']) t.notOk(readSnapshot(text).isExact, text);
  t.end();
});
