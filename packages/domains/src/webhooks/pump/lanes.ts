import type { ClaimedDelivery } from './claim.ts';

/** One subscription as a worker sees it while it holds deliveries of it. */
interface Lane {
  tenantId: string;
  inFlight: number;
  waiting: { delivery: ClaimedDelivery; sinceMs: number }[];
  /** Whether it had anything since idle lanes were last forgotten. */
  wasUsed: boolean;
}

export interface LaneLimits {
  /** Deliveries in flight: in all, of one tenant, of one subscription. */
  total: number;
  perTenant: number;
  perWebhook: number;
}

/** A subscription that answers this fast may have its next deliveries claimed ahead. */
const fastMs = 250;
/** So many times its share in flight, so that it does not run dry until the next claim. */
const webhookSharesAhead = 4;
const tenantSharesAhead = 2;
const averagesKept = 10_000;

/**
 * Who may send next. Keeps the limits, and lets the subscriptions take turns, so that a slow one
 * holds up nobody but itself.
 */
export function createLanes(limits: LaneLimits) {
  /** Those in use, in the order of their turns. */
  const lanes = new Map<string, Lane>();
  const inFlightByTenant = new Map<string, number>();
  /** Smoothed durations of attempts, by subscription. */
  const averagesMs = new Map<string, number>();
  let inFlight = 0;
  let waiting = 0;

  const laneOf = ({ webhook_id, tenant_id }: ClaimedDelivery): Lane => {
    const known = lanes.get(webhook_id);
    if (known) return known;
    const made: Lane = { tenantId: tenant_id, inFlight: 0, waiting: [], wasUsed: true };
    lanes.set(webhook_id, made);
    return made;
  };
  const held = (lane: Lane) => lane.inFlight + lane.waiting.length;
  const isFast = (webhookId: string) => (averagesMs.get(webhookId) ?? fastMs) < fastMs;
  const mayStart = (lane: Lane): boolean =>
    lane.waiting.length > 0 &&
    lane.inFlight < limits.perWebhook &&
    (inFlightByTenant.get(lane.tenantId) ?? 0) < limits.perTenant;

  const remember = (webhookId: string, durationMs: number) => {
    const before = averagesMs.get(webhookId) ?? durationMs;
    if (averagesMs.size >= averagesKept && !averagesMs.has(webhookId)) {
      averagesMs.delete(averagesMs.keys().next().value ?? '');
    }
    averagesMs.set(webhookId, before * 0.8 + durationMs * 0.2);
  };

  return {
    /** All that this worker has claimed and not ended. */
    get held() {
      return inFlight + waiting;
    },
    add(delivery: ClaimedDelivery): void {
      const lane = laneOf(delivery);
      lane.waiting.push({ delivery, sinceMs: performance.now() });
      lane.wasUsed = true;
      waiting++;
    },
    /** Takes the next that may be sent, a different subscription each time where there is one. */
    take(): ClaimedDelivery | undefined {
      if (waiting === 0 || inFlight >= limits.total) return undefined;
      for (const [id, lane] of lanes) {
        const next = mayStart(lane) ? lane.waiting.shift() : undefined;
        if (!next) continue;
        lane.inFlight++;
        waiting--;
        inFlight++;
        inFlightByTenant.set(lane.tenantId, (inFlightByTenant.get(lane.tenantId) ?? 0) + 1);
        // Behind all others: a Map keeps the order in which keys were added.
        lanes.delete(id);
        lanes.set(id, lane);
        return next.delivery;
      }
      return undefined;
    },
    end({ webhook_id, tenant_id }: ClaimedDelivery, durationMs: number): void {
      remember(webhook_id, durationMs);
      const left = (inFlightByTenant.get(tenant_id) ?? 1) - 1;
      if (left > 0) inFlightByTenant.set(tenant_id, left);
      else inFlightByTenant.delete(tenant_id);
      inFlight--;
      const lane = lanes.get(webhook_id);
      if (lane) lane.inFlight--;
    },
    /** Gives up what has waited for this long, or all: its lease is to outlast its attempt. */
    giveUp(waitedMs: number): ClaimedDelivery[] {
      const before = performance.now() - waitedMs;
      const all: ClaimedDelivery[] = [];
      for (const lane of lanes.values()) {
        const kept = lane.waiting.findIndex(({ sinceMs }) => sinceMs > before);
        const old = lane.waiting.splice(0, kept === -1 ? lane.waiting.length : kept);
        for (const { delivery } of old) all.push(delivery);
      }
      waiting -= all.length;
      return all;
    },
    /** One that ran dry between two claims is remembered for the next, to be claimed ahead. */
    forgetIdle(): void {
      for (const [id, lane] of lanes) {
        if (held(lane) === 0 && !lane.wasUsed) lanes.delete(id);
        lane.wasUsed = held(lane) > 0;
      }
    },
    /** What counts against the shares of a claim; a fast subscription may be claimed ahead. */
    heldByWebhook(): Map<string, number> {
      const counts = new Map<string, number>();
      for (const [id, lane] of lanes) {
        counts.set(id, held(lane) - (isFast(id) ? webhookSharesAhead * limits.perWebhook : 0));
      }
      return counts;
    },
    /**
     * The same for tenants. One with slow subscriptions too is claimed ahead only as far as its
     * fast ones use it: what the slow ones take would wait.
     */
    heldByTenant(): Map<string, number> {
      const slow = new Map<string, number>();
      const fast = new Map<string, number>();
      for (const [id, lane] of lanes) {
        const into = isFast(id) ? fast : slow;
        into.set(lane.tenantId, (into.get(lane.tenantId) ?? 0) + held(lane));
      }
      const ahead = tenantSharesAhead * limits.perTenant;
      const counts = new Map(slow);
      for (const [tenantId, count] of fast) {
        const slowCount = slow.get(tenantId) ?? 0;
        counts.set(tenantId, slowCount + count - (slowCount > 0 ? Math.min(count, ahead) : ahead));
      }
      return counts;
    },
  };
}
