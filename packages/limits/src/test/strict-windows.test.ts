import { backends } from '@trellis/test/settings';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { cellWidthOf } from '../limit.ts';
import { type Counted, openProcessWindows, openSharedWindows } from './counted.ts';

/** Longer than the test takes: what is kept in Redis ends by the clock of Redis. */
const windowMs = 320_000;
const cellMs = cellWidthOf(windowMs);
/** A time at which a cell begins. */
const startMs = cellMs * 340_000_000;

interface Arrival {
  /** Since the one before. */
  afterMs: number;
  cost: number;
  key: number;
}

/** Bursts, gaps of any length, and steps from one edge of a cell to just before or behind another. */
const afterMs = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: windowMs / 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * windowMs }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 66 }), fc.integer({ min: -1, max: 1 }))
      .map(([cells, more]) => Math.max(0, cells * cellMs + more)),
  },
);
const arrivals = fc.array(
  fc.record<Arrival>({
    afterMs,
    cost: fc.integer({ min: 1, max: 4 }),
    key: fc.integer({ min: 0, max: 1 }),
  }),
  { minLength: 1, maxLength: 60 },
);

let runs = 0;
const limitOf = (run: number, key: number, max: number) => ({
  ...{ name: 'tenant', key: `${run}/${key}` },
  ...{ max, windowMs },
});

/** Each time and cost that was allowed. */
async function drive(counted: Counted, steps: readonly Arrival[], max: number) {
  const run = runs++;
  const logs: [nowMs: number, cost: number][][] = [[], []];
  const answers: boolean[] = [];
  let nowMs = startMs;
  for (const { afterMs, cost, key } of steps) {
    nowMs += afterMs;
    const { isAllowed } = await counted.take(nowMs, [limitOf(run, key, max)], cost);
    answers.push(isAllowed);
    if (isAllowed) logs[key]?.push([nowMs, Math.min(cost, max)]);
  }
  return { logs, answers };
}

/** The most that was allowed in any interval of a window's length, both of its ends included. */
function mostWithin(log: readonly [number, number][]): number {
  const sums = log.map(([endMs]) =>
    log
      .filter(([atMs]) => atMs <= endMs && atMs >= endMs - windowMs)
      .reduce((sum, [, cost]) => sum + cost, 0),
  );
  return Math.max(0, ...sums);
}

async function holdStrictly(t: Test, counted: Counted, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 12 }), async (steps, max) => {
      const { logs } = await drive(counted, steps, max);
      return logs.every((log) => mostWithin(log) <= max);
    }),
    { numRuns },
  );
  t.pass(`${numRuns} sequences of arrivals`);
}

/** Asks as often as the clock moves, and more than fits each time. */
async function saturate(counted: Counted, max: number, stepMs: number, windows: number) {
  const limit = limitOf(runs++, 0, max);
  const log: [number, number][] = [];
  for (let nowMs = startMs; nowMs < startMs + windows * windowMs; nowMs += stepMs) {
    for (let isAllowed = true; isAllowed; ) {
      ({ isAllowed } = await counted.take(nowMs, [limit]));
      if (isAllowed) log.push([nowMs, 1]);
    }
  }
  return log;
}

t.test('no interval of a window has more than the limit (this process)', (t) =>
  holdStrictly(t, openProcessWindows(), 3_000),
);

t.test('full load gets 0.95 of the limit and more in each window (this process)', async (t) => {
  for (const stepMs of [cellMs / 7, cellMs, cellMs * 1.9]) {
    const log = await saturate(openProcessWindows(), 100, stepMs, 20);
    t.ok(log.length >= 0.95 * 100 * 20, `${log.length} of 2000 in steps of ${stepMs} ms`);
    t.ok(mostWithin(log) <= 100);
  }
});

if (backends.includes('redis')) {
  t.test('no interval of a window has more than the limit (Redis)', async (t) => {
    await holdStrictly(t, await openSharedWindows(t), 150);
  });

  t.test('full load gets 0.95 of the limit and more in each window (Redis)', async (t) => {
    const log = await saturate(await openSharedWindows(t), 50, cellMs * 1.3, 20);
    t.ok(log.length >= 0.95 * 50 * 20, `${log.length} of 1000`);
    t.ok(mostWithin(log) <= 50);
  });

  t.test('Redis and a process count alike', async (t) => {
    const shared = await openSharedWindows(t);
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 0, max: 12 }), async (steps, max) => {
        const one = await drive(shared, steps, max);
        const other = await drive(openProcessWindows(), steps, max);
        return JSON.stringify(one.answers) === JSON.stringify(other.answers);
      }),
      { numRuns: 100 },
    );
    t.pass('100 sequences of arrivals');
  });

  t.test('a clock that is set back by little frees nothing, by much it begins anew', async (t) => {
    const shared = await openSharedWindows(t);
    const limit = limitOf(runs++, 0, 3);
    const take = async (nowMs: number) => (await shared.take(nowMs, [limit])).isAllowed;
    const nowMs = startMs + 9 * windowMs;
    t.same([await take(nowMs), await take(nowMs), await take(nowMs)], [true, true, true]);
    t.equal(await take(nowMs - 3 * cellMs), false, 'three cells back');
    t.equal(await take(nowMs + windowMs), false, 'the last moment of the window');
    t.equal(await take(nowMs - 5 * windowMs), true, 'five windows back');
  });
}
