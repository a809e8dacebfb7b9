import { logSerializers } from '@trellis/core/log';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

/** Lines of JSON, to stdout unless told otherwise. */
export function createLog(options: LoggerOptions, destination?: DestinationStream): Logger {
  return pino({ ...options, serializers: logSerializers }, destination);
}
