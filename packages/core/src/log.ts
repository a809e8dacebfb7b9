import { describeError } from './describe-error.ts';

/** The part of pino that the platform uses: details first, then one sentence. */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** For pino, whose own takes over all that an error holds. */
export const logSerializers = { err: describeError };
