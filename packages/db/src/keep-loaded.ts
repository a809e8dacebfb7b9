import type { ChangeFeed } from './changes.ts';
import { isServerAway } from './failures.ts';

const keptMs = 30_000;
const keptMax = 50_000;
/** Of what nothing was found for; shorter, as it is of use against repetition only. */
const missingMs = 10_000;
const missingMax = 10_000;

/** While nothing that changes is heard of. */
const unheardMs = 1_000;
/**
 * While Postgres is away what was known last goes on for so long after it was read. Others may
 * reach a Postgres that this process cannot, so this is also how long a revocation may take then.
 */
const awayMs = 300_000;
/** And is not asked for again before this has passed. */
const pauseMs = 1_000;

/** What was read of the database, kept in the process and asked for on every request. */
export interface Loaded<Value> {
  /**
   * From memory on all but the first call; undefined when there is none. While Postgres is away,
   * what was known last, for five minutes: nothing can be revoked meanwhile. Throws what the
   * loading throws.
   */
  get(key: string): Promise<Value | undefined>;
  /** What `get` would answer from memory, without a promise; undefined when it has to be read. */
  peek(key: string): Value | undefined;
  /** Forgets what matches, and whatever is being read just now. Looks at all that is kept. */
  forget(matches: (value: Value) => boolean): void;
  /** Forgets what is kept or being read under one key, at no cost. */
  forgetOne(key: string): void;
}

interface Kept<Value> {
  value: Value | undefined;
  /** When the loading began. */
  loadedMs: number;
  /** When Postgres was away last. */
  awayAtMs: number;
}

/**
 * Other processes announce what ends or changes a value, so a request costs no round trip; the
 * short life is only the backstop for a lost message. While they cannot be heard, it is shorter still.
 */
export function keepLoaded<Value>(
  load: (key: string) => Promise<Value | undefined>,
  changes: Pick<ChangeFeed, 'isListening'>,
  max = keptMax,
): Loaded<Value> {
  const found = new Map<string, Kept<Value>>();
  const missing = new Map<string, Kept<Value>>();
  const loading = new Map<string, Promise<Value | undefined>>();

  const keep = (key: string, value: Value | undefined, loadedMs: number) => {
    found.delete(key);
    missing.delete(key);
    const kept = { value, loadedMs, awayAtMs: 0 };
    if (value) put(found, max, key, kept);
    else put(missing, missingMax, key, kept);
  };
  const isFresh = ({ value, loadedMs, awayAtMs }: Kept<Value>): boolean => {
    const lifeMs = value ? keptMs : missingMs;
    const ageMs = Date.now() - loadedMs;
    if (ageMs < (changes.isListening() ? lifeMs : Math.min(lifeMs, unheardMs))) return true;
    return ageMs < awayMs && Date.now() - awayAtMs < pauseMs;
  };
  const find = (key: string) => found.get(key) ?? missing.get(key);
  const loadAndKeep = async (key: string): Promise<Value | undefined> => {
    const isCurrent = () => loading.get(key) === started;
    const startedMs = Date.now();
    const started = load(key);
    loading.set(key, started);
    try {
      const value = await started;
      // A change that came while this was read may not be in it: answer, but do not keep it.
      if (isCurrent()) keep(key, value, startedMs);
      return value;
    } finally {
      if (isCurrent()) loading.delete(key);
    }
  };

  return {
    async get(key) {
      const kept = find(key);
      if (kept && isFresh(kept)) return kept.value;
      try {
        return await (loading.get(key) ?? loadAndKeep(key));
      } catch (error) {
        // Looked for anew: it may have been forgotten while this waited.
        const last = find(key);
        if (!last || !isServerAway(error) || Date.now() - last.loadedMs >= awayMs) throw error;
        last.awayAtMs = Date.now();
        return last.value;
      }
    },
    peek(key) {
      const kept = find(key);
      return kept && isFresh(kept) ? kept.value : undefined;
    },
    forget(matches) {
      loading.clear();
      missing.clear();
      for (const [key, { value }] of found) {
        if (value && matches(value)) found.delete(key);
      }
    },
    forgetOne(key) {
      for (const place of [loading, missing, found]) place.delete(key);
    },
  };
}

/** In place of what was put there first, when it is full. */
function put<Item>(place: Map<string, Item>, max: number, key: string, item: Item): void {
  if (place.size >= max) place.delete(place.keys().next().value ?? '');
  place.set(key, item);
}
