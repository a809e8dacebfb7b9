/** How a subscription answers; `new` before its first answer. */
export type Pace = 'new' | 'fast' | 'slow';

/** An attempt that takes longer, ended or not, makes its subscription slow. */
const fastMs = 250;
const averagesKept = 10_000;

/** Remembers how long the attempts of each subscription take. */
export function createPace() {
  /** Smoothed durations in milliseconds, by subscription. */
  const averages = new Map<string, number>();

  return {
    remember(webhookId: string, durationMs: number): void {
      const before = averages.get(webhookId) ?? durationMs;
      if (averages.size >= averagesKept && !averages.has(webhookId)) {
        averages.delete(averages.keys().next().value ?? '');
      }
      averages.set(webhookId, before * 0.8 + durationMs * 0.2);
    },
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
