/** How a subscription answers; `new` before its first answer. */
export type Pace = 'new' | 'fast' | 'slow';

/** An attempt that takes longer, ended or not, makes its subscription slow. */
const fastMs = 250;
const kept = 10_000;

/** Remembers how long the attempts of each subscription take, and when it had its last turn. */
export function createPace() {
  /** Smoothed durations in milliseconds, by subscription. */
  const averages = new Map<string, number>();
  /** The number of its last turn, counted over all subscriptions. */
  const turns = new Map<string, number>();
  let turn = 0;

  return {
    remember(webhookId: string, durationMs: number): void {
      const before = averages.get(webhookId) ?? durationMs;
      makeRoom(averages, webhookId);
      averages.set(webhookId, before * 0.8 + durationMs * 0.2);
    },
    /** It gets a turn now. */
    serve(webhookId: string): void {
      makeRoom(turns, webhookId);
      turns.delete(webhookId);
      turns.set(webhookId, ++turn);
    },
    /** 0 for one that had no turn, more for one that had it later. */
    served: (webhookId: string): number => turns.get(webhookId) ?? 0,
    /** `silentMs`: for how long it has had attempts in flight of which none has ended. */
    of(webhookId: string, silentMs: number): Pace {
      if (silentMs > fastMs) return 'slow';
      const averageMs = averages.get(webhookId);
      if (averageMs === undefined) return 'new';
      return averageMs < fastMs ? 'fast' : 'slow';
    },
    /** Those known to be slow. */
    slow(): string[] {
      return [...averages].filter(([, averageMs]) => averageMs >= fastMs).map(([id]) => id);
    },
  };
}

/** The one that was added first leaves. */
function makeRoom(map: Map<string, number>, webhookId: string): void {
  if (map.size < kept || map.has(webhookId)) return;
  map.delete(map.keys().next().value ?? '');
}
