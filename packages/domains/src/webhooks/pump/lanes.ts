import type { ClaimedDelivery } from './claim.ts';

/** One subscription as a worker sees it while it holds deliveries of it. */
interface Lane {
  inFlight: number;
  waiting: ClaimedDelivery[];
  /** Smoothed duration of its attempts; undefined before the first has ended. */
  averageMs: number | undefined;
}

export interface LaneLimits {
  /** Deliveries in flight: in all, of one tenant, of one subscription. */
  total: number;
  perTenant: number;
  perWebhook: number;
}

/** A subscription that answers this fast may have its next deliveries claimed ahead. */
const fastMs = 250;
const lanesRemembered = 10_000;

/**
 * Who may send next. Keeps the limits, and lets the subscriptions take turns, so that a slow one
 * holds up nobody but itself.
 */
export function createLanes(limits: LaneLimits) {
  const lanes = new Map<string, Lane>();
  const tenants = new Map<string, number>();
  let inFlight = 0;
  let waiting = 0;

  const laneOf = (webhookId: string): Lane => {
    const known = lanes.get(webhookId);
    if (known) return known;
    const made: Lane = { inFlight: 0, waiting: [], averageMs: undefined };
    lanes.set(webhookId, made);
    return made;
  };
  const held = (lane: Lane) => lane.inFlight + lane.waiting.length;
  const mayStart = (lane: Lane, next: ClaimedDelivery | undefined): boolean =>
    next !== undefined &&
    inFlight < limits.total &&
    lane.inFlight < limits.perWebhook &&
    (tenants.get(next.tenant_id) ?? 0) < limits.perTenant;

  return {
    get inFlight() {
      return inFlight;
    },
    /** All that this worker has claimed and not ended. */
    get held() {
      return inFlight + waiting;
    },
    add(delivery: ClaimedDelivery): void {
      laneOf(delivery.webhook_id).waiting.push(delivery);
      waiting++;
    },
    /** Takes the next that may be sent, a different subscription each time where there is one. */
    take(): ClaimedDelivery | undefined {
      if (waiting === 0 || inFlight >= limits.total) return undefined;
      for (const [id, lane] of lanes) {
        const [next] = lane.waiting;
        if (!next || !mayStart(lane, next)) continue;
        lane.waiting.shift();
        lane.inFlight++;
        waiting--;
        inFlight++;
        tenants.set(next.tenant_id, (tenants.get(next.tenant_id) ?? 0) + 1);
        // Behind all others: a Map keeps the order in which keys were added.
        lanes.delete(id);
        lanes.set(id, lane);
        return next;
      }
      return undefined;
    },
    end({ webhook_id, tenant_id }: ClaimedDelivery, durationMs: number): void {
      const lane = laneOf(webhook_id);
      lane.inFlight--;
      inFlight--;
      lane.averageMs = (lane.averageMs ?? durationMs) * 0.8 + durationMs * 0.2;
      const left = (tenants.get(tenant_id) ?? 1) - 1;
      if (left > 0) tenants.set(tenant_id, left);
      else tenants.delete(tenant_id);
      if (held(lane) === 0 && lanes.size > lanesRemembered) lanes.delete(webhook_id);
    },
    /** Gives up all that waits, for a worker that stops. */
    empty(): ClaimedDelivery[] {
      const all = [...lanes.values()].flatMap((lane) => lane.waiting.splice(0));
      waiting = 0;
      return all;
    },
    /** What counts against the shares of a claim; a fast subscription may be claimed ahead. */
    heldByWebhook(): Map<string, number> {
      const counts = new Map<string, number>();
      for (const [id, lane] of lanes) {
        const ahead = (lane.averageMs ?? fastMs) < fastMs ? limits.perWebhook : 0;
        const count = held(lane) - ahead;
        if (count !== 0) counts.set(id, count);
      }
      return counts;
    },
    heldByTenant: (): ReadonlyMap<string, number> => tenants,
  };
}

export type Lanes = ReturnType<typeof createLanes>;
