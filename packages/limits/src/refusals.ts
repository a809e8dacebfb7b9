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
  atMs: number;
  untilMs: number;
  /** How it stood with all limits of the request that was refused, by their keys. */
  states: Map<string, LimitState>;
}

const keysMax = 50_000;

export function createRefusals(max = keysMax): Refusals {
  const kept = new Map<string, Refusal>();

  const findOne = ({ key, max: limitMax }: Limit, cost: number, nowMs: number) => {
    const refusal = kept.get(key);
    if (!refusal) return undefined;
    if (refusal.untilMs <= nowMs) {
      kept.delete(key);
      return undefined;
    }
    // A plan that allows more now, or a smaller request, may fit.
    return limitMax > refusal.max || cost < refusal.cost ? undefined : refusal;
  };
  return {
    find(limits, cost, nowMs) {
      if (kept.size === 0) return undefined;
      for (const limit of limits) {
        const refusal = findOne(limit, cost, nowMs);
        if (refusal) return { isAllowed: false, states: statesOf(limits, refusal, nowMs) };
      }
      return undefined;
    },
    note(limits, cost, { states }, nowMs) {
      const byKey = new Map(limits.map(({ key }, index) => [key, states[index] ?? untouched]));
      for (const { key, max: limitMax } of limits) {
        const retryMs = byKey.get(key)?.retryMs ?? 0;
        if (retryMs === 0) continue;
        if (!kept.delete(key) && kept.size >= max) kept.delete(kept.keys().next().value ?? '');
        kept.set(key, {
          ...{ cost, max: limitMax, states: byKey },
          ...{ atMs: nowMs, untilMs: nowMs + retryMs },
        });
      }
    },
  };
}

const untouched: LimitState = { remaining: 0, resetMs: 0, retryMs: 0 };

/** Those of the refusal, with the time that has passed taken off. */
function statesOf(limits: readonly Limit[], refusal: Refusal, nowMs: number): LimitState[] {
  const passedMs = nowMs - refusal.atMs;
  return limits.map(({ key, max }) => {
    const { remaining, resetMs, retryMs } = refusal.states.get(key) ?? {
      ...untouched,
      remaining: max,
    };
    return {
      remaining,
      resetMs: Math.max(0, resetMs - passedMs),
      retryMs: Math.max(0, retryMs - passedMs),
    };
  });
}
