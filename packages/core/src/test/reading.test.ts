import { eventually } from '@trellis/test/eventually';
import t from 'tap';
import { createReading } from '../reading.ts';

t.test('however many look, one question is asked, and its answer is kept', async (t) => {
  let asked = 0;
  const answer = Promise.withResolvers<number>();
  const read = createReading(
    () => {
      asked++;
      return answer.promise;
    },
    { keptMs: 60_000, waitMs: 60_000 },
  );
  const both = Promise.all([read(), read()]);
  answer.resolve(7);
  t.same(await both, [7, 7]);
  t.equal(await read(), 7);
  t.equal(asked, 1);
});

t.test('an answer that is too old is asked for again', async (t) => {
  let asked = 0;
  const read = createReading(async () => ++asked, { keptMs: 20 });
  t.equal(await read(), 1);
  await eventually(async () => (await read()) === 2);
});

t.test('nobody waits for what does not answer, and it is not asked twice meanwhile', async (t) => {
  let asked = 0;
  const answer = Promise.withResolvers<number>();
  const read = createReading(
    () => {
      asked++;
      return answer.promise;
    },
    { keptMs: 60_000, waitMs: 10 },
  );
  t.equal(await read(), undefined);
  t.equal(await read(), undefined);
  t.equal(asked, 1);
  answer.resolve(7);
  t.equal(await eventually(read), 7, 'what came late is kept for the next');
});

t.test('a failure is no answer, and is asked again', async (t) => {
  const answers = [() => Promise.reject(new Error('away')), async () => 7];
  const read = createReading(() => answers.shift()?.() ?? Promise.resolve(8));
  t.equal(await read(), undefined);
  t.equal(await read(), 7);
});
