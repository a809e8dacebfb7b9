import t from 'tap';
import { keepRecent } from '../../data-schema/keep-recent.ts';

t.test(
  'what was not used for longest goes first, and the weight stays below the limit',
  async (t) => {
    const kept = keepRecent<number>(10);
    for (const key of ['a', 'b', 'c']) kept.put(key, 1, 3);
    t.equal(kept.get('a'), 1);
    kept.put('d', 1, 3);
    t.same(
      ['a', 'b', 'c', 'd'].map((key) => kept.get(key)),
      [1, undefined, 1, 1],
    );
    kept.put('e', 1, 9);
    t.same(
      ['a', 'c', 'd', 'e'].map((key) => kept.get(key)),
      [undefined, undefined, undefined, 1],
    );
  },
);

t.test('what is put again counts once; what is too heavy alone is not kept', async (t) => {
  const kept = keepRecent<number>(10);
  for (const value of [1, 2, 3]) kept.put('a', value, 4);
  kept.put('b', 1, 4);
  t.same(
    ['a', 'b'].map((key) => kept.get(key)),
    [3, 1],
  );
  kept.put('c', 1, 11);
  t.same(
    ['a', 'b', 'c'].map((key) => kept.get(key)),
    [undefined, undefined, undefined],
  );
});
