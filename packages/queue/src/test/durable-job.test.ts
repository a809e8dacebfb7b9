import { PermanentError } from '@trellis/queue/permanent-error';
import { eventually } from '@trellis/test/eventually';
import { backends } from '@trellis/test/settings';
import t from 'tap';
import { greet, letTimePass, openRelay, openSite, prepareSite, rowsOf, work } from './open-site.ts';

for (const backend of backends) {
  t.test(`a job shares the fate of its transaction (${backend})`, async (t) => {
    const producer = await openSite(t, await prepareSite(t, backend));
    const done: unknown[] = [];
    const { relay } = work(t, producer, async (payload) => {
      done.push(payload);
    });
    const ask = (name: string, fails: boolean) =>
      producer.db.asSystem(async (tx) => {
        await producer.jobs.enqueue(tx, greet, { name });
        if (fails) throw new Error('changed my mind');
      });
    await t.rejects(ask('rolled back', true), { message: 'changed my mind' });
    await ask('committed', false);
    await eventually(async () => (await rowsOf(producer)).length === 0);
    await relay();
    t.same(done, [{ name: 'committed' }], 'once, and its row is gone');
  });

  t.test(`a job is tried again, and what fails for good is kept (${backend})`, async (t) => {
    const producer = await openSite(t, await prepareSite(t, backend));
    const tries: string[] = [];
    work(t, producer, async (payload, { attempt }) => {
      const { name } = payload as { name: string };
      tries.push(`${name} ${attempt}`);
      if (name === 'never' || attempt < 2) throw new Error('not now');
    });
    await producer.db.asSystem(async (tx) => {
      await producer.jobs.enqueue(tx, greet, { name: 'second' });
      await producer.jobs.enqueue(tx, greet, { name: 'never' });
    });
    await eventually(async () => {
      const rows = await rowsOf(producer);
      return rows.length === 1 && rows[0]?.failed_at;
    });
    t.match(await rowsOf(producer), [{ error: 'not now' }]);
    t.same(tries.sort(), ['never 1', 'never 2', 'never 3', 'second 1', 'second 2']);
  });

  t.test(`what can never be done is tried once and kept (${backend})`, async (t) => {
    const producer = await openSite(t, await prepareSite(t, backend));
    const tries: string[] = [];
    work(t, producer, async (payload, { attempt }) => {
      const { name } = payload as { name: string };
      tries.push(`${name} ${attempt}`);
      if (name === 'impossible') throw new PermanentError('nobody of this name');
      if (attempt < 3) throw new Error('not now');
    });
    await producer.db.asSystem(async (tx) => {
      await producer.jobs.enqueue(tx, greet, { name: 'impossible' });
      await producer.jobs.enqueue(tx, greet, { name: 'third' });
    });
    await eventually(async () => {
      const rows = await rowsOf(producer);
      return rows.length === 1 && rows[0]?.failed_at;
    });
    t.match(await rowsOf(producer), [{ error: 'nobody of this name' }]);
    t.same(tries.sort(), ['impossible 1', 'third 1', 'third 2', 'third 3']);
  });

  t.test(`a payload that does not fit is refused (${backend})`, async (t) => {
    const producer = await openSite(t, await prepareSite(t, backend));
    const done: unknown[] = [];
    work(t, producer, async (payload) => {
      done.push(payload);
    });
    await producer.db.asSystem((tx) =>
      producer.jobs.enqueue(tx, greet, { name: 1 } as unknown as { name: string }),
    );
    const [row] = await eventually(async () => {
      const rows = await rowsOf(producer);
      return rows[0]?.failed_at && rows;
    });
    t.match(row?.error, /does not fit its schema/);
    t.same(done, []);
  });
}

t.test(
  'a job that Redis has lost is brought back from Postgres',
  { skip: backends.includes('redis') ? false : 'there is no Redis here', timeout: 60_000 },
  async (t) => {
    const site = await prepareSite(t, 'redis');
    const producer = await openSite(t, site);
    const count = 20;
    await producer.db.asSystem(async (tx) => {
      for (let number = 0; number < count; number++) {
        await producer.jobs.enqueue(tx, greet, { name: `job ${number}` });
      }
    });
    const mover = await openSite(t, site);
    await eventually(() => openRelay(mover).relay());
    await site.redis?.flush();
    await letTimePass(producer);

    const done: unknown[] = [];
    const { relay } = work(t, producer, async (payload) => {
      done.push((payload as { name: string }).name);
    });
    await eventually(async () => {
      await relay();
      return (await rowsOf(producer)).length === 0;
    });
    t.equal(new Set(done).size, count, 'every one was done');
    t.equal(done.length, count, 'once');
  },
);
