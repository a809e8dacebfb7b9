import { classifyFailure } from '@trellis/db/failures';

const keptMs = 30_000;
const keptMax = 50_000;
/** Of what nothing was found for; shorter, as it is of use against repetition only. */
const missingMs = 10_000;
const missingMax = 10_000;

/** What credentials may do, kept in the process. */
export interface KeptGrants<Grant> {
  /**
   * From memory on all but the first call; undefined when there is none. While Postgres is away,
   * what was known last, because nothing can be revoked meanwhile.
   */
  get(key: string): Promise<Grant | undefined>;
  /** Forgets what matches, and whatever is being read just now. */
  forget(matches: (grant: Grant, key: string) => boolean): void;
}

interface Kept<Grant> {
  grant: Grant | undefined;
  untilMs: number;
}

/**
 * Other processes announce what ends or changes a grant, so a request costs no round trip; the
 * short life is only the backstop for a lost message.
 */
export function keepGrants<Grant>(
  load: (key: string) => Promise<Grant | undefined>,
): KeptGrants<Grant> {
  const found = new Map<string, Kept<Grant>>();
  const missing = new Map<string, Kept<Grant>>();
  const loading = new Map<string, Promise<Grant | undefined>>();
  let changesSeen = 0;

  const keep = (key: string, grant: Grant | undefined) => {
    const [place, max, ms] = grant ? [found, keptMax, keptMs] : [missing, missingMax, missingMs];
    found.delete(key);
    if (place.size >= max) place.delete(place.keys().next().value ?? '');
    place.set(key, { grant, untilMs: Date.now() + ms });
  };
  const loadAndKeep = async (key: string): Promise<Grant | undefined> => {
    const seen = changesSeen;
    const grant = await load(key);
    // A change that came while this was read may not be in it: answer, but do not keep it.
    if (seen === changesSeen) keep(key, grant);
    return grant;
  };
  const loadOnce = (key: string): Promise<Grant | undefined> => {
    const running = loading.get(key);
    if (running) return running;
    const started = loadAndKeep(key).finally(() => {
      if (loading.get(key) === started) loading.delete(key);
    });
    loading.set(key, started);
    return started;
  };

  return {
    async get(key) {
      const entry = found.get(key) ?? missing.get(key);
      if (entry && entry.untilMs > Date.now()) return entry.grant;
      try {
        return await loadOnce(key);
      } catch (error) {
        if (entry && classifyFailure(error) === 'unavailable') return entry.grant;
        throw error;
      }
    },
    forget(matches) {
      changesSeen++;
      loading.clear();
      missing.clear();
      for (const [key, { grant }] of found) {
        if (grant && matches(grant, key)) found.delete(key);
      }
    },
  };
}
