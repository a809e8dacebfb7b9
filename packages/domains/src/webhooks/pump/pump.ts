import { setTimeout as wait } from 'node:timers/promises';
import type { Platform } from '../../platform.ts';
import type { Sender } from '../delivery/send.ts';
import { createAttempts } from './attempt-delivery.ts';
import { type ClaimedDelivery, claimDue } from './claim.ts';
import { createFailingEndpoints } from './failing-endpoints.ts';
import { createLanes, type LaneLimits } from './lanes.ts';
import { createDeliveryMetrics } from './metrics.ts';
import { type CircuitSettings, type FailingEndpoint, releaseClaims } from './record.ts';
import { createRecorder } from './recorder.ts';
import type { RetrySchedules } from './retry-schedules.ts';
import { createOrderSweep } from './sweep-order.ts';

export interface PumpSettings extends Omit<LaneLimits, 'waitMsMax'> {
  /** One attempt's deadline. */
  timeoutMs: number;
  /** How often it looks for what is due without having been rung for. */
  sweepMs: number;
  /** After this long a drain gives up what is still in flight. */
  drainMs: number;
  schedules: RetrySchedules;
  circuit: CircuitSettings;
}

/** How long a drain waits for the last outcomes to be written. */
const settleMs = 2_000;
/** Between two claims, so that one takes many instead of many taking one each. */
const pauseMs = 15;
/** Beyond the deadline of an attempt, for the wait before it and the record after it. */
const leaseSlackMs = 10_000;
/** A claim that waits longer, because its endpoint has become slow, is given back. */
const waitMsMax = leaseSlackMs / 2;

/**
 * Delivers what is due: claims batches from Postgres, sends them side by side, records what came
 * of them. It holds no truth of its own: what it held when it was killed is due again when the
 * lease ends.
 */
export interface Pump {
  /** Something may be due. Resolves once that has been looked for. */
  wake(): Promise<void>;
  start(): void;
  drain(): Promise<void>;
}

/** When to claim again; `later` is at the next ring, when places become free, or at the sweep. */
type Next = 'at once' | 'soon' | 'later';

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets' | 'metrics' | 'log'> & { sender: Sender };

export function createPump(needs: Needs, settings: PumpSettings): Pump {
  const { db, secrets, log, sender } = needs;
  const lanes = createLanes({ ...settings, waitMsMax });
  const failing = createFailingEndpoints(needs);
  const metrics = createDeliveryMetrics(needs.metrics);
  const sweepOrder = createOrderSweep(needs, settings.sweepMs);
  const attempt = createAttempts(sender, secrets, settings.schedules);
  const stop = new AbortController();
  const giveUp = new AbortController();
  const heldMax = settings.total * 6;
  const claimMin = Math.ceil(settings.total / 4);
  const sends = new Set<Promise<void>>();
  let round = { after: null as string | null, claimed: 0 };
  let looked = Promise.withResolvers<void>();
  let woken = false;
  let signalled: (() => void) | undefined;
  let running: Promise<void> | undefined;

  const signal = () => {
    signalled?.();
    signalled = undefined;
  };
  const lookAgain = () => {
    woken = true;
    signal();
  };
  const recorder = createRecorder({
    db,
    log,
    circuit: settings.circuit,
    onRecorded: (outcomes, found) => {
      failing.judge(outcomes, found);
      void giveBack(found.filter((one) => one.is_open).flatMap(waitingFor));
      if (room() >= claimMin) signal();
    },
    onFreed: lookAgain,
  });
  /** The circuit is open: what was claimed for it waits, and others may have the places. */
  const waitingFor = ({ webhook_id }: FailingEndpoint) => lanes.giveUpOf(webhook_id);

  /** What waits to be recorded takes room too: while that fails, no more is claimed. */
  const room = () => heldMax - lanes.held - recorder.waiting;

  const send = async (delivery: ClaimedDelivery): Promise<void> => {
    const startedMs = performance.now();
    try {
      const outcome = await attempt(delivery, giveUp.signal);
      metrics.attempted(outcome);
      await failing.look(outcome);
      recorder.add(outcome);
    } catch (err) {
      log.debug({ err }, 'An attempt was given up by the drain.');
      await giveBack([delivery]);
    } finally {
      lanes.end(delivery, performance.now() - startedMs);
      startWaiting();
      if (room() >= claimMin) signal();
    }
  };
  metrics.inFlight(() => sends.size);
  const startWaiting = () => {
    if (stop.signal.aborted) return;
    for (let next = lanes.take(); next; next = lanes.take()) {
      const sent = send(next).finally(() => sends.delete(sent));
      sends.add(sent);
    }
  };

  const claim = async (): Promise<Next> => {
    lanes.forgetIdle();
    const { deliveries, parked, last } = await claimDue(db, {
      limit: room(),
      shares: lanes.shares(),
      leaseMs: settings.timeoutMs + leaseSlackMs,
      after: round.after,
    });
    const refused = deliveries.filter((delivery) => !lanes.add(delivery));
    startWaiting();
    await giveBack(refused);
    const found = deliveries.length - refused.length + parked;
    const claimed = round.claimed + found;
    round = { after: last, claimed: last === null ? 0 : claimed };
    if (last !== null) return found === 0 ? 'at once' : 'soon';
    // Until a whole round has found nothing there may be more.
    return claimed > 0 ? 'soon' : 'later';
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      woken = false;
      const answered = looked;
      looked = Promise.withResolvers();
      await giveBack(lanes.giveUp(waitMsMax));
      await sweepOrder();
      const next = room() < claimMin ? 'later' : await claimSafely();
      answered.resolve();
      if (next === 'at once') continue;
      if (next === 'soon' || woken) await wait(pauseMs);
      else await rest();
    }
  };
  /** Should that fail too, the lease ends by itself. */
  const giveBack = async (deliveries: ClaimedDelivery[]): Promise<void> => {
    if (deliveries.length === 0) return;
    await releaseClaims(db, deliveries).catch((err) => log.debug({ err }, 'Claims were kept.'));
  };
  const claimSafely = async (): Promise<Next> => {
    try {
      return await claim();
    } catch (err) {
      log.warn({ err }, 'Deliveries cannot be claimed; trying again.');
      return 'later';
    }
  };
  /** Until a ring, a free place, or the next sweep. */
  const rest = async (): Promise<void> => {
    const sweep = new AbortController();
    const rung = new Promise<void>((resolve) => {
      signalled = resolve;
    });
    const slept = wait(settings.sweepMs, undefined, { signal: sweep.signal }).catch(() => {});
    await Promise.race([rung, slept]);
    sweep.abort();
  };

  return {
    wake() {
      lookAgain();
      return looked.promise;
    },
    start() {
      running ??= run();
    },
    async drain() {
      stop.abort();
      signal();
      await running;
      looked.resolve();
      await giveBack(lanes.giveUp(0));
      const timer = setTimeout(() => giveUp.abort(new Error('the worker stops')), settings.drainMs);
      await Promise.all(sends);
      clearTimeout(timer);
      await recorder.settle(settleMs);
      await failing.settle();
    },
  };
}
