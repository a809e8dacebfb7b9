import t from 'tap';
import { readInTurn } from '../read-in-turn.ts';

t.test('readInTurn', async (t) => {
  await t.test(
    'calls that wait share one reading; one that came later gets a new one',
    async (t) => {
      const begun: PromiseWithResolvers<void>[] = [];
      const read = readInTurn(0, () => {
        const reading = Promise.withResolvers<void>();
        begun.push(reading);
        return reading.promise;
      });
      const first = Promise.all([read(), read()]);
      await untilBegun(begun, 1);
      const second = Promise.all([read(), read()]);
      begun[0]?.resolve();
      await first;
      await untilBegun(begun, 2);
      begun[1]?.resolve();
      await second;
      t.equal(begun.length, 2);
    },
  );

  await t.test('a failure goes to those who wait for it, and the next one is tried', async (t) => {
    let isBroken = true;
    const read = readInTurn(0, async () => {
      if (isBroken) throw new Error('away');
    });
    await t.rejects(Promise.all([read(), read()]), { message: 'away' });
    isBroken = false;
    await t.resolves(read());
  });

  await t.test('readings begin no sooner after each other than the pause', async (t) => {
    const begunMs: number[] = [];
    const read = readInTurn(100, async () => {
      begunMs.push(performance.now());
    });
    for (let count = 0; count < 3; count++) await read();
    for (const [index, ms] of begunMs.slice(1).entries()) {
      t.ok(ms - (begunMs[index] ?? 0) >= 99);
    }
  });
});

async function untilBegun(begun: unknown[], count: number): Promise<void> {
  while (begun.length < count) await new Promise(setImmediate);
}
