import { commonErrors } from './common-errors.ts';

/**
 * Reads a time of the request, which `moment` of the wire let through.
 * Throws `validation_failed` (400) for what the schema cannot see: an offset may carry the moment
 * into the year 10000, and the format allows offsets such as `+01` that `Date` does not read.
 */
export function parseMoment(
  name: string,
  text: string,
  part: 'querystring' | 'body' = 'querystring',
): Date {
  const moment = new Date(text);
  if (moment.getUTCFullYear() <= 9_999) return moment;
  const path = `${part}/${name}`;
  const message = 'must be a moment before the year 10000, with an offset like +01:00';
  throw commonErrors.validation_failed(`${path} ${message}`, { errors: [{ path, message }] });
}
