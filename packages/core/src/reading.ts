export interface ReadingOptions {
  /** An answer is good for so long; whoever asks meanwhile gets the same. */
  keptMs?: number;
  /** Nobody waits longer than this for an answer. */
  waitMs?: number;
}

/**
 * Reads what stands elsewhere for whoever looks at it: one question at a time however many look,
 * and undefined when no answer comes in time. It never rejects.
 */
export function createReading<Value>(
  ask: () => Promise<Value>,
  { keptMs = 5_000, waitMs = 2_000 }: ReadingOptions = {},
): () => Promise<Value | undefined> {
  let kept: { value: Value; untilMs: number } | undefined;
  let asking: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    try {
      kept = { value: await ask(), untilMs: performance.now() + keptMs };
    } catch {
      kept = undefined;
    } finally {
      asking = undefined;
    }
  };
  const fresh = (): Value | undefined =>
    kept && performance.now() < kept.untilMs ? kept.value : undefined;

  return async () => {
    if (fresh() !== undefined) return fresh();
    asking ??= refresh();
    await within(asking, waitMs);
    return fresh();
  };
}

/** Resolves when the work has ended, or when the time is over. */
async function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeoutMs);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
