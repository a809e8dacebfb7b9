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

/** Of each kind, in place of those that were used longest ago. */
const keysMax = 50_000;

export function createProcessWindows(max = keysMax): ProcessWindows {
  /** By kind, so that many of one kind (addresses are anybody's) are none the less of another. */
  const kinds = new Map<string, Map<string, CellWindow>>();

  const kindOf = ({ key }: Limit): Map<string, CellWindow> => {
    const name = key.slice(0, key.indexOf(':'));
    const known = kinds.get(name);
    if (known) return known;
    const made = new Map<string, CellWindow>();
    kinds.set(name, made);
    return made;
  };
  /** The last in its map is the one that was used last. */
  const windowOf = (limit: Limit, nowMs: number): CellWindow => {
    const { key, windowMs } = limit;
    const windows = kindOf(limit);
    const known = windows.get(key);
    if (known) windows.delete(key);
    else removeOldest(windows, max, nowMs);
    const window = known ?? new CellWindow(windowMs);
    windows.set(key, window);
    return window;
  };
  const peek: ProcessWindows['peek'] = (limits, cost, nowMs) =>
    verdictOf(
      limits.map((limit) => {
        const window = kindOf(limit).get(limit.key);
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
    for (const limit of limits) windowOf(limit, nowMs).add(Math.min(cost, limit.max), nowMs);
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

/** Two for each that is added, when nothing counts in them any more, so that they go in the end. */
function removeOldest(windows: Map<string, CellWindow>, max: number, nowMs: number): void {
  let left = 2;
  for (const [key, window] of windows) {
    if (left-- === 0 || (windows.size < max && window.sum(nowMs) > 0)) return;
    windows.delete(key);
  }
}
