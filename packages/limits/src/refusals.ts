import type { Limit, LimitState, Verdict } from './limit.ts';

/**
 * What was refused, until it may fit. The room of a window only grows when cells pass, so until then
 * a refusal needs nobody to be asked again.
 */
export interface Refusals {
  /** The verdict that still holds; undefined when there is none. */
  find(limits: readonly Limit[], cost: number, nowMs: number): Verdict | undefined;
  note(limits: readonly Limit[], cost: number, verdict: Verdict, nowMs: number): void;
}

interface Refusal {
  cost: number;
  max: number;
  untilMs: number;
  /** By the clock of the process. */
  resetAtMs: number;
  remaining: number;
}

const keysMax = 100_000;

export function createRefusals(max = keysMax): Refusals {
  const kept = new Map<string, Refusal>();

  const stateOf = (limit: Limit, cost: number, nowMs: number): LimitState | undefined => {
    const refusal = kept.get(limit.key);
    if (!refusal) return undefined;
    if (refusal.untilMs <= nowMs) {
      kept.delete(limit.key);
      return undefined;
    }
    // A plan that allows more now, or a smaller request, may fit.
    if (limit.max > refusal.max || cost < refusal.cost) return undefined;
    return {
      remaining: refusal.remaining,
      retryMs: refusal.untilMs - nowMs,
      resetMs: refusal.resetAtMs - nowMs,
    };
  };
  return {
    find(limits, cost, nowMs) {
      if (kept.size === 0) return undefined;
      const states = limits.map((limit) => stateOf(limit, cost, nowMs));
      if (states.every((state) => state === undefined)) return undefined;
      return {
        isAllowed: false,
        states: states.map(
          (state, index) => state ?? { remaining: limits[index]?.max ?? 0, retryMs: 0, resetMs: 0 },
        ),
      };
    },
    note(limits, cost, verdict, nowMs) {
      for (const [index, { key, max: limitMax }] of limits.entries()) {
        const state = verdict.states[index];
        if (!state || state.retryMs === 0) continue;
        if (kept.size >= max) kept.delete(kept.keys().next().value ?? '');
        kept.set(key, {
          cost,
          max: limitMax,
          remaining: state.remaining,
          untilMs: nowMs + state.retryMs,
          resetAtMs: nowMs + state.resetMs,
        });
      }
    },
  };
}
