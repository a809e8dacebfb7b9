import type { ClaimedDelivery } from './claim.ts';
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
}

/** So many times its share in flight, so that a fast one does not run dry until the next claim. */
const webhookSharesAhead = 4;
const tenantSharesAhead = 2;
/** What a subscription may have before its first answer: to send, and to hold. */
const newInFlightMax = 2;
const newHeldMax = 10;

/**
 * Who may send next. Keeps the limits, lets the subscriptions take turns, and leaves half of all
 * places to those that answer fast: however many tenants have endpoints that never answer, the
 * others go on.
 */
export function createLanes(limits: LaneLimits) {
  /** Those in use, in the order of their turns. */
  const lanes = new Map<string, Lane>();
  const inFlightByTenant = new Map<string, number>();
  const paces = createPace();
  const slowMax = Math.ceil(limits.total / 2);
  let inFlight = 0;
  let waiting = 0;

  const held = (lane: Lane) => lane.inFlight + lane.waiting.length;
  const paceOf = (lane: Lane): Pace =>
    paces.of(lane.id, lane.inFlight > 0 ? performance.now() - lane.progressMs : 0);
  const sumOfSlow = (count: (lane: Lane) => number): number => {
    let sum = 0;
    for (const lane of lanes.values()) if (paceOf(lane) === 'slow') sum += count(lane);
    return sum;
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
  /** How many more of it a claim may bring. */
  const freeOf = (lane: Lane, slowFree: number): number => {
    const pace = paceOf(lane);
    if (pace === 'fast') return (1 + webhookSharesAhead) * limits.perWebhook - held(lane);
    if (pace === 'new') return newHeldMax - held(lane);
    return Math.min(limits.perWebhook - held(lane), slowFree);
  };
  const mayHoldMore = (lane: Lane): boolean => {
    const pace = paceOf(lane);
    if (pace === 'new') return held(lane) < newHeldMax;
    return pace === 'fast' || sumOfSlow(held) < slowMax;
  };
  const mayStart = (lane: Lane): boolean => {
    if (lane.waiting.length === 0 || lane.inFlight >= limits.perWebhook) return false;
    if ((inFlightByTenant.get(lane.tenantId) ?? 0) >= limits.perTenant) return false;
    const pace = paceOf(lane);
    if (pace === 'new') return lane.inFlight < newInFlightMax;
    return pace === 'fast' || sumOfSlow((slow) => slow.inFlight) < slowMax;
  };
  const start = (lane: Lane): ClaimedDelivery | undefined => {
    const next = lane.waiting.shift()?.delivery;
    if (lane.inFlight === 0) lane.progressMs = performance.now();
    lane.inFlight++;
    waiting--;
    inFlight++;
    inFlightByTenant.set(lane.tenantId, (inFlightByTenant.get(lane.tenantId) ?? 0) + 1);
    // Behind all others: a Map keeps the order in which keys were added.
    lanes.delete(lane.id);
    lanes.set(lane.id, lane);
    return next;
  };

  return {
    /** All that this worker has claimed and not ended. */
    get held() {
      return inFlight + waiting;
    },
    /** False when its subscription may hold no more: it is to be given back. */
    add(delivery: ClaimedDelivery): boolean {
      const lane = laneOf(delivery);
      if (!mayHoldMore(lane)) return false;
      lane.waiting.push({ delivery, sinceMs: performance.now() });
      lane.wasUsed = true;
      waiting++;
      return true;
    },
    /** Takes the next that may be sent, a different subscription each time where there is one. */
    take(): ClaimedDelivery | undefined {
      if (waiting === 0 || inFlight >= limits.total) return undefined;
      for (const lane of lanes.values()) if (mayStart(lane)) return start(lane);
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
     * Gives up what has waited for this long, or all: its lease is to outlast its attempt. Of slow
     * subscriptions that hold more than their share, it gives up all that waits.
     */
    giveUp(waitedMs: number): ClaimedDelivery[] {
      const before = performance.now() - waitedMs;
      const slowIsOver = sumOfSlow(held) > slowMax;
      const all: ClaimedDelivery[] = [];
      for (const lane of lanes.values()) {
        const isOver = slowIsOver && paceOf(lane) === 'slow';
        const kept = isOver ? -1 : lane.waiting.findIndex(({ sinceMs }) => sinceMs > before);
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
    /**
     * What counts against the shares of a claim: a fast subscription may be claimed ahead, others
     * not even as far as their share.
     */
    heldByWebhook(): Map<string, number> {
      const slowFree = Math.max(0, slowMax - sumOfSlow(held));
      const counts = new Map<string, number>();
      if (slowFree === 0) for (const id of paces.slow()) counts.set(id, limits.perWebhook);
      for (const [id, lane] of lanes) {
        counts.set(id, limits.perWebhook - freeOf(lane, slowFree));
      }
      return counts;
    },
    /**
     * The same for tenants. One with slow subscriptions too is claimed ahead only as far as its
     * fast ones use it: what the slow ones take would wait.
     */
    heldByTenant(): Map<string, number> {
      const fast = new Map<string, number>();
      const others = new Map<string, number>();
      for (const lane of lanes.values()) {
        const into = paceOf(lane) === 'fast' ? fast : others;
        into.set(lane.tenantId, (into.get(lane.tenantId) ?? 0) + held(lane));
      }
      const ahead = tenantSharesAhead * limits.perTenant;
      const counts = new Map(others);
      for (const [tenantId, count] of fast) {
        const other = others.get(tenantId) ?? 0;
        counts.set(tenantId, other + count - (other > 0 ? Math.min(count, ahead) : ahead));
      }
      return counts;
    },
  };
}
