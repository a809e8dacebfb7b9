import type { ChangeFeed } from '@trellis/db/changes';
import { isServerAway } from '@trellis/db/failures';

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

/** What credentials may do, kept in the process. */
export interface KeptGrants<Grant> {
  /**
   * From memory on all but the first call; undefined when there is none. While Postgres is away,
   * what was known last, for five minutes: nothing can be revoked meanwhile. Throws what the
   * loading throws.
   */
  get(key: string): Promise<Grant | undefined>;
  /** Forgets what matches, and whatever is being read just now. Looks at all that is kept. */
  forget(matches: (grant: Grant) => boolean): void;
  /** Forgets what is kept or being read under one key, at no cost. */
  forgetOne(key: string): void;
}

interface Kept<Grant> {
  grant: Grant | undefined;
  /** When the loading began. */
  loadedMs: number;
  /** When Postgres was away last. */
  awayAtMs: number;
}

/**
 * Other processes announce what ends or changes a grant, so a request costs no round trip; the
 * short life is only the backstop for a lost message. While they cannot be heard, it is shorter still.
 */
export function keepGrants<Grant>(
  load: (key: string) => Promise<Grant | undefined>,
  changes: Pick<ChangeFeed, 'isListening'>,
  max = keptMax,
): KeptGrants<Grant> {
  const found = new Map<string, Kept<Grant>>();
  const missing = new Map<string, Kept<Grant>>();
  const loading = new Map<string, Promise<Grant | undefined>>();

  const keep = (key: string, grant: Grant | undefined, loadedMs: number) => {
    found.delete(key);
    missing.delete(key);
    const kept = { grant, loadedMs, awayAtMs: 0 };
    if (grant) put(found, max, key, kept);
    else put(missing, missingMax, key, kept);
  };
  const isFresh = ({ grant, loadedMs, awayAtMs }: Kept<Grant>): boolean => {
    const lifeMs = grant ? keptMs : missingMs;
    const ageMs = Date.now() - loadedMs;
    if (ageMs < (changes.isListening() ? lifeMs : Math.min(lifeMs, unheardMs))) return true;
    return ageMs < awayMs && Date.now() - awayAtMs < pauseMs;
  };
  const find = (key: string) => found.get(key) ?? missing.get(key);
  const loadAndKeep = async (key: string): Promise<Grant | undefined> => {
    const isCurrent = () => loading.get(key) === started;
    const startedMs = Date.now();
    const started = load(key);
    loading.set(key, started);
    try {
      const grant = await started;
      // A change that came while this was read may not be in it: answer, but do not keep it.
      if (isCurrent()) keep(key, grant, startedMs);
      return grant;
    } finally {
      if (isCurrent()) loading.delete(key);
    }
  };

  return {
    async get(key) {
      const kept = find(key);
      if (kept && isFresh(kept)) return kept.grant;
      try {
        return await (loading.get(key) ?? loadAndKeep(key));
      } catch (error) {
        // Looked for anew: it may have been forgotten while this waited.
        const last = find(key);
        if (!last || !isServerAway(error) || Date.now() - last.loadedMs >= awayMs) throw error;
        last.awayAtMs = Date.now();
        return last.grant;
      }
    },
    forget(matches) {
      loading.clear();
      missing.clear();
      for (const [key, { grant }] of found) {
        if (grant && matches(grant)) found.delete(key);
      }
    },
    forgetOne(key) {
      for (const place of [loading, missing, found]) place.delete(key);
    },
  };
}

/** In place of what was put there first, when it is full. */
function put<Value>(place: Map<string, Value>, max: number, key: string, value: Value): void {
  if (place.size >= max) place.delete(place.keys().next().value ?? '');
  place.set(key, value);
}
