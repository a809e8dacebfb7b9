/** How many requests fit any interval of one window's length. */
export interface Limit {
  /** Of the policy, as clients see it: `tenant`, `key`, `address`. */
  name: string;
  /** What is counted together, over all processes. */
  key: string;
  max: number;
  windowMs: number;
}

/** What is left of one limit. */
export interface LimitState {
  remaining: number;
  /** After this all of it is there again, when nothing is used meanwhile; 0 when it is now. */
  resetMs: number;
  /** After this what was refused fits, when nobody else takes the room; 0 when it fits now. */
  retryMs: number;
}

/** The answer to one request: it counts against all of its limits, or against none. */
export interface Verdict {
  isAllowed: boolean;
  /** In the order of the limits that were asked for. */
  states: LimitState[];
}

/**
 * A window is counted in cells of a fraction of its length. A cell counts in full until all of it
 * has passed, so what is allowed fits *any* interval of the window's length. The price is that
 * under full load a window and one cell pass between two rounds: 64 of 65 parts of the limit.
 */
export const cellsPerWindow = 64;

/** Of one more cell than the window has: the current one has only begun. */
export const cellWidthOf = (windowMs: number): number => windowMs / cellsPerWindow;

/** When all that is counted now has been forgotten. */
export function resetMsOf(windowMs: number, nowMs: number): number {
  const width = cellWidthOf(windowMs);
  return Math.ceil(windowMs + width - (nowMs % width));
}

/** Refused, or allowed because each limit has room. */
export const verdictOf = (states: LimitState[]): Verdict => ({
  isAllowed: states.every(({ retryMs }) => retryMs === 0),
  states,
});
