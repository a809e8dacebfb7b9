import { Value } from '@sinclair/typebox/value';
import t from 'tap';
import { EventPattern, EventType, patternsOf } from '../event-type.ts';

t.test('a type is words with dots between them', async (t) => {
  for (const type of ['order', 'order.paid', 'a.b.c.d', 'Order_1.paid-late', '1', '-._']) {
    t.ok(Value.Check(EventType, type), type);
    t.ok(Value.Check(EventPattern, type), `${type} as a pattern`);
  }
  const none = [
    '',
    '.',
    'order.',
    '.paid',
    'order..paid',
    'order paid',
    'ordér',
    'a\n',
    'a/b',
    '*',
  ];
  for (const type of [...none, 'order.*', 'a'.repeat(129)]) {
    t.notOk(Value.Check(EventType, type), JSON.stringify(type));
  }
});

t.test('a pattern is a type, all below a prefix, or all', async (t) => {
  for (const pattern of ['*', 'order.*', 'order.paid.*', 'order']) {
    t.ok(Value.Check(EventPattern, pattern), pattern);
  }
  const none = ['', '**', '*.paid', 'order.*.paid', 'order*', '.*', 'order.**', '*.*'];
  for (const pattern of none) t.notOk(Value.Check(EventPattern, pattern), JSON.stringify(pattern));
});

t.test('a type fits itself, each prefix above it, and all', async (t) => {
  t.same(patternsOf('order').sort(), ['*', 'order']);
  t.same(patternsOf('order.paid').sort(), ['*', 'order.*', 'order.paid']);
  t.same(patternsOf('a.b.c').sort(), ['*', 'a.*', 'a.b.*', 'a.b.c']);
});

t.test('what a type fits is always a pattern that can be subscribed to', async (t) => {
  const longest = `${'a.'.repeat(63)}aa`;
  for (const type of ['order', 'order.paid', 'a.b.c.d.e', longest]) {
    t.ok(Value.Check(EventType, type), type);
    for (const pattern of patternsOf(type)) t.ok(Value.Check(EventPattern, pattern), pattern);
  }
});
