import { workerSettings } from '@trellis/config/settings';
import t from 'tap';
import { type BackoffInput, nextAttemptDelayMs } from '../../delivery/backoff.ts';
import { parseRetryAfter } from '../../delivery/retry-after.ts';
import { parseSchedule } from '../../pump/retry-schedules.ts';

const { WEBHOOK_RETRY_SECONDS, WEBHOOK_RETRY_TAIL_SECONDS } = workerSettings.properties;
const schedule = parseSchedule(WEBHOOK_RETRY_SECONDS.default);
const tail = parseSchedule(WEBHOOK_RETRY_TAIL_SECONDS.default);
const delayOf = (input: Partial<BackoffInput>) =>
  nextAttemptDelayMs({ tries: 1, schedule, ...input });

const dayMs = 86_400_000;
const middle = () => 0.5;

t.test('five retries at 5, 10, 20, 40 and 80 s, then none', async (t) => {
  const delays = [1, 2, 3, 4, 5, 6].map((tries) => delayOf({ tries, random: middle }));
  t.same(delays, [5000, 10_000, 20_000, 40_000, 80_000, null]);
});

t.test('a plan may add the long tail', async (t) => {
  const hours = [6, 7, 8, 9, 10, 11, 12].map((tries) => {
    const delayMs = delayOf({ tries, schedule: [...schedule, ...tail], random: middle });
    return delayMs === null ? null : delayMs / 3_600_000;
  });
  t.same(hours, [1 / 12, 0.5, 2, 5, 10, 10, null]);
});

t.test('jitter stays within 20 % and reaches both sides', async (t) => {
  const at = (random: number) => delayOf({ tries: 2, random: () => random });
  t.equal(at(0), 8000);
  t.equal(at(0.999999), 12_000);
  const drawn = Array.from({ length: 1000 }, () => delayOf({ tries: 1 }) ?? -1);
  t.ok(drawn.every((delayMs) => delayMs >= 4000 && delayMs <= 6000));
  t.ok(new Set(drawn).size > 100);
});

t.test('Retry-After is never undercut, never shortens, and is capped at 24 h', async (t) => {
  const after = (retryAfterMs: number | null) =>
    delayOf({ tries: 1, retryAfterMs, random: () => 0 });
  t.equal(after(60_000), 60_000);
  t.equal(after(1000), 4000);
  t.equal(after(null), 4000);
  t.equal(after(dayMs * 30), dayMs);
  t.equal(delayOf({ tries: 6, retryAfterMs: 60_000 }), null);
});

t.test('Retry-After is read as seconds or as any of the three HTTP dates', async (t) => {
  const now = Date.parse('2030-11-06T08:49:30Z');
  t.equal(parseRetryAfter('120', now), 120_000);
  t.equal(parseRetryAfter(' 0 ', now), 0);
  t.equal(parseRetryAfter('99999999999999999999', now), dayMs);
  t.equal(parseRetryAfter('Wed, 06 Nov 2030 08:49:37 GMT', now), 7000);
  t.equal(parseRetryAfter('Wednesday, 06-Nov-30 08:49:37 GMT', now), 7000);
  t.equal(parseRetryAfter('Tue, 05 Nov 2030 08:49:37 GMT', now), 0);
  t.equal(parseRetryAfter('Wed, 06 Nov 2099 08:49:37 GMT', now), dayMs);
  for (const text of ['', 'soon', '-5', '1.5', '1e3', '5 apples', '2030-11-06', 'Mon, nothing']) {
    t.equal(parseRetryAfter(text, now), null, text);
  }
});
