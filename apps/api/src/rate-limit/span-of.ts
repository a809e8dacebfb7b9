import type { ApiSettings } from '@trellis/config/settings';
import type { RouteWindow } from '@trellis/http/rate-limit';
import type { Limit } from '@trellis/limits/limit';

const minuteMs = 60_000;
/** So long RATE_LIMIT_WINDOW_MS can be too; one request fits it, however little is declared. */
const longestMs = 60 * minuteMs;

/**
 * How many requests fit which length, at so many in a minute. Where not even one fits the general
 * length it is a longer one, of a minute to an hour, so that no more fits than was declared.
 */
export function spanOf(
  perMinute: number,
  { times }: RouteWindow,
  { RATE_LIMIT_WINDOW_MS: generalMs }: Pick<ApiSettings, 'RATE_LIMIT_WINDOW_MS'>,
): Pick<Limit, 'max' | 'windowMs'> {
  const fitting = (windowMs: number) => Math.floor((perMinute * times * windowMs) / minuteMs);
  if (fitting(generalMs) >= 1) return { max: fitting(generalMs), windowMs: generalMs };
  const untilOneMs = Math.ceil(minuteMs / (perMinute * times));
  const windowMs = Math.min(longestMs, Math.max(minuteMs, untilOneMs));
  return { max: Math.max(1, fitting(windowMs)), windowMs };
}
