import type { ClaimedDelivery, ClaimShares } from './claim.ts';
import { createPace, type Pace } from './pace.ts';

/** One subscription as a worker sees it while it holds deliveries of it. */
interface Lane {
  id: string;
  tenantId: string;
  inFlight: number;
  waiting: { delivery: ClaimedDelivery; sinceMs: number }[];
  /** When an attempt last ended, or the first of those in flight began. */
  progressMs: number;
  /** Whether it had anything since idle lanes were last forgotten. */
  wasUsed: boolean;
}

export interface LaneLimits {
  /** Deliveries in flight: in all, of one tenant, of one subscription. */
  total: number;
  perTenant: number;
  perWebhook: number;
  /** A delivery that has waited for longer is not sent any more: its lease must outlast it. */
  waitMsMax: number;
}

type SumByPace = Record<Pace, number>;

/** So many times its share in flight, so that a fast one does not run dry until the next claim. */
const webhookSharesAhead = 12;
const tenantSharesAhead = 6;
/** What a subscription may have before its first answer: to send, and to hold. */
const newInFlightMax = 2;
const newHeldMax = 10;
/** Of all places, how many the slow ones may have; and they and the new ones together. */
const slowShare = 0.5;
const notFastShare = 0.75;

/**
 * Who may send next. Keeps the limits, lets the subscriptions take turns, and leaves places to
 * those that answer fast: however many tenants have endpoints that never answer, the others go on.
 * The slow ones share what they have: whoever holds less, or was served longer ago, comes first.
 */
export function createLanes(limits: LaneLimits) {
  /** Those in use, in the order of their turns. */
  const lanes = new Map<string, Lane>();
  const inFlightByTenant = new Map<string, number>();
  const paces = createPace();
  const slowMax = Math.ceil(limits.total * slowShare);
  const notFastMax = Math.ceil(limits.total * notFastShare);
  let inFlight = 0;
  let waiting = 0;

  const held = (lane: Lane) => lane.inFlight + lane.waiting.length;
  const paceOf = (lane: Lane, nowMs: number): Pace =>
    paces.of(lane.id, lane.inFlight > 0 ? nowMs - lane.progressMs : 0);
  const sumByPace = (count: (lane: Lane) => number, nowMs: number): SumByPace => {
    const sums: SumByPace = { new: 0, fast: 0, slow: 0 };
    for (const lane of lanes.values()) sums[paceOf(lane, nowMs)] += count(lane);
    return sums;
  };
  const laneOf = ({ webhook_id, tenant_id }: ClaimedDelivery): Lane => {
    const known = lanes.get(webhook_id);
    if (known) return known;
    const made: Lane = {
      id: webhook_id,
      tenantId: tenant_id,
      inFlight: 0,
      waiting: [],
      progressMs: 0,
      wasUsed: true,
    };
    lanes.set(webhook_id, made);
    return made;
  };
  /** How many more of it a claim may bring; of the slow ones the claim keeps their sum as well. */
  const freeOf = (lane: Lane, pace: Pace): number => {
    if (pace === 'fast') return (1 + webhookSharesAhead) * limits.perWebhook - held(lane);
    return (pace === 'new' ? newHeldMax : limits.perWebhook) - held(lane);
  };
  const mayHoldMore = (lane: Lane): boolean => {
    const nowMs = performance.now();
    const pace = paceOf(lane, nowMs);
    if (pace === 'slow') return sumByPace(held, nowMs).slow < slowMax;
    return pace === 'fast' || held(lane) < newHeldMax;
  };
  const mayStart = (lane: Lane, flying: SumByPace, nowMs: number): boolean => {
    const [next] = lane.waiting;
    if (!next || nowMs - next.sinceMs > limits.waitMsMax) return false;
    if (lane.inFlight >= limits.perWebhook) return false;
    if ((inFlightByTenant.get(lane.tenantId) ?? 0) >= limits.perTenant) return false;
    const pace = paceOf(lane, nowMs);
    if (pace === 'fast') return true;
    if (flying.new + flying.slow >= notFastMax) return false;
    return pace === 'new' ? lane.inFlight < newInFlightMax : flying.slow < slowMax;
  };
  const start = (lane: Lane, nowMs: number): ClaimedDelivery | undefined => {
    const next = lane.waiting.shift()?.delivery;
    if (lane.inFlight === 0) lane.progressMs = nowMs;
    lane.inFlight++;
    waiting--;
    inFlight++;
    inFlightByTenant.set(lane.tenantId, (inFlightByTenant.get(lane.tenantId) ?? 0) + 1);
    paces.serve(lane.id);
    // Behind all others: a Map keeps the order in which keys were added.
    lanes.delete(lane.id);
    lanes.set(lane.id, lane);
    return next;
  };
  /**
   * What counts against the share of a tenant. One with slow subscriptions too is claimed ahead
   * only as far as its fast ones use it: what the slow ones take would wait.
   */
  const heldByTenant = (nowMs: number): Map<string, number> => {
    const fast = new Map<string, number>();
    const others = new Map<string, number>();
    for (const lane of lanes.values()) {
      const into = paceOf(lane, nowMs) === 'fast' ? fast : others;
      into.set(lane.tenantId, (into.get(lane.tenantId) ?? 0) + held(lane));
    }
    const ahead = tenantSharesAhead * limits.perTenant;
    const counts = new Map(others);
    for (const [tenantId, count] of fast) {
      const other = others.get(tenantId) ?? 0;
      counts.set(tenantId, other + count - (other > 0 ? Math.min(count, ahead) : ahead));
    }
    return counts;
  };

  return {
    /** All that this worker has claimed and not ended. */
    get held() {
      return inFlight + waiting;
    },
    /** False when its subscription may hold no more: it is to be given back. */
    add(delivery: ClaimedDelivery): boolean {
      const lane = laneOf(delivery);
      if (!delivery.is_probe && !mayHoldMore(lane)) return false;
      lane.waiting.push({ delivery, sinceMs: performance.now() });
      lane.wasUsed = true;
      waiting++;
      return true;
    },
    /** Takes the next that may be sent, a different subscription each time where there is one. */
    take(): ClaimedDelivery | undefined {
      if (waiting === 0 || inFlight >= limits.total) return undefined;
      const nowMs = performance.now();
      const flying = sumByPace((lane) => lane.inFlight, nowMs);
      for (const lane of lanes.values()) {
        if (mayStart(lane, flying, nowMs)) return start(lane, nowMs);
      }
      return undefined;
    },
    end({ webhook_id, tenant_id }: ClaimedDelivery, durationMs: number): void {
      paces.remember(webhook_id, durationMs);
      const left = (inFlightByTenant.get(tenant_id) ?? 1) - 1;
      if (left > 0) inFlightByTenant.set(tenant_id, left);
      else inFlightByTenant.delete(tenant_id);
      inFlight--;
      const lane = lanes.get(webhook_id);
      if (!lane) return;
      lane.inFlight--;
      lane.progressMs = performance.now();
    },
    /**
     * Gives up what has waited for this long, or all. Of slow subscriptions that hold more than
     * their share, it gives up all that waits.
     */
    giveUp(waitedMs: number): ClaimedDelivery[] {
      const nowMs = performance.now();
      const slowIsOver = sumByPace(held, nowMs).slow > slowMax;
      const all: ClaimedDelivery[] = [];
      for (const lane of lanes.values()) {
        const isOver = slowIsOver && paceOf(lane, nowMs) === 'slow';
        const kept = isOver
          ? -1
          : lane.waiting.findIndex(({ sinceMs }) => sinceMs > nowMs - waitedMs);
        const old = lane.waiting.splice(0, kept === -1 ? lane.waiting.length : kept);
        for (const { delivery } of old) all.push(delivery);
      }
      waiting -= all.length;
      return all;
    },
    /** Gives up all that waits of one subscription. */
    giveUpOf(webhookId: string): ClaimedDelivery[] {
      const given = lanes.get(webhookId)?.waiting.splice(0) ?? [];
      waiting -= given.length;
      return given.map(({ delivery }) => delivery);
    },
    /** One that ran dry between two claims is remembered for the next, to be claimed ahead. */
    forgetIdle(): void {
      for (const [id, lane] of lanes) {
        if (held(lane) === 0 && !lane.wasUsed) lanes.delete(id);
        lane.wasUsed = held(lane) > 0;
      }
    },
    /** What a claim may bring. A fast subscription may be claimed ahead, others not so far. */
    shares(): ClaimShares {
      const nowMs = performance.now();
      const slow = new Map(paces.slow().map((id) => [id, paces.served(id)]));
      const heldByWebhook = new Map<string, number>();
      for (const [id, lane] of lanes) {
        const pace = paceOf(lane, nowMs);
        if (pace === 'slow') slow.set(id, paces.served(id));
        heldByWebhook.set(id, limits.perWebhook - freeOf(lane, pace));
      }
      return {
        perWebhook: limits.perWebhook,
        perTenant: limits.perTenant,
        heldByWebhook,
        heldByTenant: heldByTenant(nowMs),
        slow,
        slowFree: Math.max(0, slowMax - sumByPace(held, nowMs).slow),
      };
    },
  };
}
