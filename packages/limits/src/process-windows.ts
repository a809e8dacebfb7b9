import { CellWindow } from './cell-window.ts';
import { type Limit, resetMsOf, type Verdict, verdictOf } from './limit.ts';

/** The windows that this process counts by itself. */
export interface ProcessWindows {
  /** Counts `cost` against all of the limits, or against none when one has no room. */
  take(limits: readonly Limit[], cost: number, nowMs: number): Verdict;
  /** The same without counting. */
  peek(limits: readonly Limit[], cost: number, nowMs: number): Verdict;
  /** Counts what was allowed elsewhere, whether it fits here or not. */
  note(limits: readonly Limit[], cost: number, nowMs: number): void;
}

/** In place of those that were used longest ago. */
const keysMax = 100_000;

export function createProcessWindows(max = keysMax): ProcessWindows {
  const windows = new Map<string, CellWindow>();

  /** The last in the map is the one that was used last. */
  const windowOf = ({ key, windowMs }: Limit): CellWindow => {
    const known = windows.get(key);
    if (known) windows.delete(key);
    else if (windows.size >= max) windows.delete(windows.keys().next().value ?? '');
    const window = known ?? new CellWindow(windowMs);
    windows.set(key, window);
    return window;
  };
  const peek: ProcessWindows['peek'] = (limits, cost, nowMs) =>
    verdictOf(
      limits.map((limit) => {
        const window = windows.get(limit.key);
        const used = window?.sum(nowMs) ?? 0;
        const fitting = Math.min(cost, limit.max);
        const room = limit.max - fitting;
        return {
          remaining: Math.max(0, limit.max - used),
          resetMs: used === 0 ? 0 : resetMsOf(limit.windowMs, nowMs),
          retryMs: limit.max === 0 ? limit.windowMs : (window?.waitMs(room, nowMs) ?? 0),
        };
      }),
    );
  const note: ProcessWindows['note'] = (limits, cost, nowMs) => {
    for (const limit of limits) windowOf(limit).add(Math.min(cost, limit.max), nowMs);
  };
  return {
    peek,
    note,
    take(limits, cost, nowMs) {
      const verdict = peek(limits, cost, nowMs);
      if (!verdict.isAllowed) return verdict;
      note(limits, cost, nowMs);
      return peek(limits, 0, nowMs);
    },
  };
}
