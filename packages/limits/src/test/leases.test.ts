import { backends } from '@trellis/test/settings';
import fc from 'fast-check';
import t from 'tap';
import { createLeases } from '../leases.ts';
import { cellWidthOf } from '../limit.ts';
import { openSharedWindows, type SharedCounted } from './counted.ts';

const windowMs = 320_000;
const cellMs = cellWidthOf(windowMs);
const startMs = cellMs * 340_000_000;
const processes = 2;

let runs = 0;

/** Several processes that count one limit, each with leases of its own. */
function openProcesses(shared: SharedCounted, max: number) {
  const limits = [{ name: 'tenant', key: `leases/${runs++}`, max, windowMs }];
  const leases = Array.from({ length: processes }, () => createLeases());
  const log: [nowMs: number, cost: number][] = [];
  let asked = 0;
  const ask = async (nowMs: number, process: number, cost: number): Promise<boolean> => {
    asked += 1;
    const wanted = leases[process]?.wanted(limits, cost, nowMs) ?? 0;
    const { verdict, count } = await shared.lease(nowMs, limits, cost, wanted);
    const untilMs = nowMs + cellMs - (nowMs % cellMs) - 1;
    leases[process]?.answered(limits, verdict, { count, untilMs }, nowMs);
    return verdict.isAllowed;
  };
  return {
    log,
    asked: () => asked,
    async take(nowMs: number, process: number, cost = 1): Promise<boolean> {
      const leased = leases[process]?.take(limits, cost, nowMs)?.isAllowed;
      const isAllowed = leased ?? (await ask(nowMs, process, cost));
      if (isAllowed) log.push([nowMs, cost]);
      return isAllowed;
    },
  };
}

function mostWithin(log: readonly [number, number][]): number {
  let [most, sum, first] = [0, 0, 0];
  for (const [endMs, cost] of log) {
    sum += cost;
    for (; (log[first]?.[0] ?? endMs) < endMs - windowMs; first++) sum -= log[first]?.[1] ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}

if (backends.includes('redis')) {
  t.test('no interval of a window has more than the limit, with leases', async (t) => {
    const shared = await openSharedWindows(t);
    const steps = fc.array(
      fc.record({
        afterMs: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
          { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * cellMs }) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: windowMs }) },
        ),
        process: fc.integer({ min: 0, max: processes - 1 }),
        cost: fc.constantFrom(1, 1, 1, 1, 1, 1, 300),
        times: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 40, maxLength: 120 },
    );
    let leased = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (arrivals) => {
        const counted = openProcesses(shared, 2_048);
        let nowMs = startMs;
        for (const { afterMs, process, cost, times } of arrivals) {
          nowMs += afterMs;
          for (let time = 0; time < times; time++) await counted.take(nowMs, process, cost);
        }
        leased += arrivals.reduce((sum, { times }) => sum + times, 0) - counted.asked();
        return mostWithin(counted.log) <= 2_048;
      }),
      { numRuns: 40 },
    );
    t.ok(leased > 100, `${leased} requests used a lease`);
  });

  t.test('full load gets 0.95 of the limit and more in each window, with leases', async (t) => {
    const counted = openProcesses(await openSharedWindows(t), 2_048);
    for (let nowMs = startMs; nowMs < startMs + 3 * windowMs; nowMs += cellMs / 10) {
      for (let process = 0; process < processes; process++) {
        for (let time = 0; time < 8; time++) await counted.take(nowMs, process);
      }
    }
    for (let window = 0; window < 3; window++) {
      const fromMs = startMs + window * windowMs;
      const allowed = counted.log.filter(([atMs]) => atMs >= fromMs && atMs < fromMs + windowMs);
      t.ok(allowed.length >= 0.95 * 2_048, `${allowed.length} of 2048`);
    }
    t.ok(mostWithin(counted.log) <= 2_048);
  });

  t.test('steady load far below the limit asks Redis for few of its requests', async (t) => {
    const counted = openProcesses(await openSharedWindows(t), 1_000_000);
    for (let ms = 0; ms < 5_000; ms++) {
      for (let process = 0; process < processes; process++) {
        await counted.take(startMs + ms, process);
      }
    }
    t.equal(counted.log.length, 10_000);
    t.ok(counted.asked() < 500, `${counted.asked()} questions for 10000 requests`);
  });

  t.test('another limit of the same key uses nothing that was leased before', async (t) => {
    const leases = createLeases();
    const limit = { name: 'tenant', key: 'changed', max: 10_000, windowMs };
    leases.wanted([limit], 1, 0);
    const state = { remaining: 9_000, resetMs: 10, retryMs: 0 };
    const granted = { count: 5, untilMs: 100 };
    leases.answered([limit], { isAllowed: true, states: [state] }, granted, 1);
    t.equal(leases.take([limit], 1, 2)?.states[0]?.remaining, 9_004);
    t.equal(leases.take([{ ...limit, max: 9_999 }], 1, 2), undefined);
    t.equal(
      leases.take([limit, { ...limit, key: 'second' }], 1, 2),
      undefined,
      'nor do two limits',
    );
    t.equal(leases.take([limit], 9, 2), undefined, 'nor what is larger than the lease');
    t.equal(leases.take([limit], 1, 100), undefined, 'nor what comes behind its end');
  });
}
