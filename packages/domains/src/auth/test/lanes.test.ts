import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { createLanes } from '../throttle/lanes.ts';

t.test('lanes', async (t) => {
  await t.test('let so many works of one key run at a time, in the order they came', async (t) => {
    const inLane = createLanes(2);
    const events: string[] = [];
    const gates = new Map<string, () => void>();
    const start = (name: string, key = 'key') =>
      inLane(key, async () => {
        events.push(name);
        await new Promise<void>((open) => gates.set(name, open));
        return name;
      });
    const works = ['a', 'b', 'c', 'd'].map((name) => start(name));
    const elsewhere = start('x', 'other');
    await turn();
    t.same(events, ['a', 'b', 'x'], 'other keys do not wait');
    gates.get('b')?.();
    t.equal(await works[1], 'b');
    t.same(events, ['a', 'b', 'x', 'c']);
    gates.get('a')?.();
    await works[0];
    const late = start('e');
    await turn();
    t.same(events, ['a', 'b', 'x', 'c', 'd'], 'who comes later does not overtake');
    for (const name of ['c', 'd', 'x']) gates.get(name)?.();
    await Promise.all([works[2], works[3], elsewhere]);
    gates.get('e')?.();
    t.equal(await late, 'e');
  });

  await t.test('go on after a work that failed', async (t) => {
    const inLane = createLanes(1);
    const failing = inLane('key', async () => {
      throw new Error('it failed');
    });
    const next = inLane('key', async () => 'next');
    await t.rejects(failing, { message: 'it failed' });
    t.equal(await next, 'next');
  });
});
