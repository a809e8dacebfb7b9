import { test } from 'tap';
import { isId, newId, newIdAt } from '../ids.ts';

const timeOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

test('ids are UUIDs of version 7 that tell their time', (t) => {
  const before = Date.now();
  const id = newId();
  t.ok(isId(id));
  t.equal(id[14], '7', 'the version');
  t.match(id[19], /[89ab]/, 'the variant');
  t.ok(timeOf(id) >= before);
  t.equal(timeOf(newIdAt(1_234_567_890_123, 0)), 1_234_567_890_123);
  t.end();
});

test('each id of a process sorts after the one before it, and none comes twice', (t) => {
  const ids = Array.from({ length: 100_000 }, newId);
  t.equal(new Set(ids).size, ids.length);
  t.strictSame(ids, ids.toSorted());
  t.end();
});

test('no two ids have the same random part, also when it was drawn for many of them', (t) => {
  const tails = Array.from({ length: 10_000 }, () => newId().slice(-10));
  t.equal(new Set(tails).size, tails.length);
  t.end();
});

test('ids go on in order when the clock goes back', (t) => {
  const now = Date.now();
  t.teardown(() => {
    Date.now = original;
  });
  const original = Date.now;
  Date.now = () => now + 3_600_000;
  const later = newId();
  Date.now = () => now;
  t.ok(newId() > later);
  t.end();
});
