/**
 * A window of its own in place of the general one, so that neither eats up the other: `times` as
 * large as that, whether it is the tenant's or that of an address.
 */
export interface RouteWindow {
  name: string;
  times: number;
  /**
   * Whether each caller has one of its own, and the tenant none: nobody who tries passwords locks
   * out colleagues. It is that of an address or that of the tenant, whichever is larger.
   */
  isPerCaller?: boolean;
}

/**
 * How a route counts against the limits: those of the tenant and the caller, or without a
 * credential that of the address. A route that declares nothing costs 1 of the general window;
 * `false` is for what operators ask for.
 */
export interface RouteCost {
  /** How much of the window one request uses up. */
  cost?: number;
  /** That it counts in, rather than in the general one. */
  window?: RouteWindow;
}

const window = (name: string, times: number): RouteCost => ({ window: { name, times } });
const callerWindow = (name: string, times: number): RouteCost => ({
  window: { name, times, isPerCaller: true },
});

/** How routes count that do not cost 1 of the general window. */
export const routeCosts = {
  /** What applications do all day long, one request for each thing that happens. */
  publish: window('publish', 10),
  /** Where a password, a code or the token of a link is tried. */
  login: callerWindow('login', 0.1),
  register: window('register', 0.1),
  /** What sends a mail. */
  mail: callerWindow('mail', 0.1),
  /** By what sessions go on, behind an address that many people share too. */
  refresh: window('refresh', 1),
  /** Files that were linked in a mail or on a page, for whoever comes by there. */
  download: window('download', 1),
  /** What reads much more than a page. */
  heavy: { cost: 10 } satisfies RouteCost,
};
