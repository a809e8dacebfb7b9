import { randomInt } from 'node:crypto';
import { findPort } from '@trellis/local/ports';

/**
 * A free port for a server that is to come back at it: below those that the system gives out for
 * connections, and by chance, so that test files that run side by side do not meet.
 */
export function lastingPort(): Promise<number> {
  return findPort(Array.from({ length: 10 }, () => randomInt(20_000, 30_000)));
}
