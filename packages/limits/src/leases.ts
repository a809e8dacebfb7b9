import { CellWindow } from './cell-window.ts';
import { cellWidthOf, type Limit, type Verdict } from './limit.ts';

/**
 * Room that was counted in Redis ahead of the requests that will use it, so that a tenant far below
 * its limit costs one question in many requests. What is leased counts from the start, and ends with
 * the cell in which it was counted: a request that uses it falls into that cell, as if it had
 * asked by itself. So the limit stays strict.
 */
export interface Leases {
  /** The verdict when what is asked was leased; undefined when Redis has to be asked. */
  take(limits: readonly Limit[], cost: number, nowMs: number): Verdict | undefined;
  /** How much to lease beside what is asked for now; 0 for none. `answered` or `failed` follows. */
  wanted(limits: readonly Limit[], cost: number, nowMs: number): number;
  answered(limits: readonly Limit[], verdict: Verdict, granted: Granted, nowMs: number): void;
  failed(limits: readonly Limit[]): void;
}

/** What Redis leased. */
export interface Granted {
  count: number;
  /** When the cell ends that it was counted in, at the earliest, by the clock of this process. */
  untilMs: number;
}

interface Lease {
  limit: Limit;
  left: number;
  untilMs: number;
  /** Of the limit, behind the lease. */
  remaining: number;
  /** When all of the limit is there again. */
  resetAtMs: number;
  /** Requests since Redis was asked last, and when that was. */
  served: number;
  askedMs: number;
  isAsking: boolean;
  /** What was leased and not used, over the last window. */
  wasted: CellWindow;
}

const keysMax = 50_000;
/** For this part of a cell ahead. */
const cellShare = 1 / 32;
/** At most this part of a limit at a time, and so much of it unused in a window. */
const limitShare = 1 / 512;
const wasteShare = 1 / 200;
/** A few requests at once say nothing of how many will follow. */
const measuredMsMin = 10;

export function createLeases(max = keysMax): Leases {
  const kept = new Map<string, Lease>();

  const leaseOf = (limit: Limit, nowMs: number): Lease => {
    const known = kept.get(limit.key);
    if (known && isSame(known.limit, limit)) return known;
    if (!known && kept.size >= max) kept.delete(kept.keys().next().value ?? '');
    const made = newLease(limit, nowMs);
    kept.set(limit.key, made);
    return made;
  };
  return {
    take(limits, cost, nowMs) {
      const limit = onlyOf(limits);
      const lease = limit && kept.get(limit.key);
      if (!lease || lease.left < cost || nowMs >= lease.untilMs) return undefined;
      if (!isSame(lease.limit, limit)) return undefined;
      lease.left -= cost;
      lease.served += cost;
      const remaining = lease.remaining + lease.left;
      const resetMs = Math.ceil(lease.resetAtMs - nowMs);
      return { isAllowed: true, states: [{ remaining, resetMs, retryMs: 0 }] };
    },
    wanted(limits, cost, nowMs) {
      const limit = onlyOf(limits);
      if (!limit || cost === 0) return 0;
      const lease = leaseOf(limit, nowMs);
      lease.served += cost;
      if (lease.isAsking) return 0;
      const count = sizeOf(lease, nowMs);
      lease.isAsking = count > 0;
      return count;
    },
    answered(limits, { states }, { count, untilMs }, nowMs) {
      const limit = onlyOf(limits);
      const lease = limit && kept.get(limit.key);
      const state = states[0];
      if (!lease || !state || !isSame(lease.limit, limit)) return;
      lease.isAsking = false;
      if (count === 0) return;
      lease.left = count;
      lease.untilMs = untilMs;
      lease.remaining = state.remaining;
      lease.resetAtMs = nowMs + state.resetMs;
    },
    failed(limits) {
      const lease = kept.get(onlyOf(limits)?.key ?? '');
      if (lease) lease.isAsking = false;
    },
  };
}

/** Of several limits one may be near while another is far; such requests ask each time. */
function onlyOf(limits: readonly Limit[]): Limit | undefined {
  return limits.length === 1 ? limits[0] : undefined;
}

function isSame(one: Limit, other: Limit): boolean {
  return one.max === other.max && one.windowMs === other.windowMs;
}

function newLease(limit: Limit, nowMs: number): Lease {
  return {
    ...{ limit, left: 0, untilMs: 0, remaining: 0, resetAtMs: 0 },
    ...{ served: 0, askedMs: nowMs, isAsking: false },
    wasted: new CellWindow(limit.windowMs),
  };
}

/** As much as this process will use at its present rate, soon, and before the cell ends. */
function sizeOf(lease: Lease, nowMs: number): number {
  const { max, windowMs } = lease.limit;
  if (lease.left > 0) lease.wasted.add(lease.left, nowMs);
  lease.left = 0;
  const perMs = lease.served / Math.max(measuredMsMin, nowMs - lease.askedMs);
  lease.served = 0;
  lease.askedMs = nowMs;
  const width = cellWidthOf(windowMs);
  const sinceEndMs = nowMs - lease.untilMs;
  const untilEndMs = sinceEndMs < 0 ? -sinceEndMs : width - (sinceEndMs % width);
  const count = Math.floor(perMs * Math.min(width * cellShare, untilEndMs));
  const bounded = Math.min(count, Math.floor(max * limitShare));
  return lease.wasted.sum(nowMs) + bounded > max * wasteShare ? 0 : bounded;
}
