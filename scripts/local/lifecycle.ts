import { watchRunner } from './runner.ts';

/** The life of a script that owns processes: what ends it, and what must be closed then. */
export interface Lifecycle {
  /** Aborted when the script is asked to end, or when something that it needs has failed. */
  signal: AbortSignal;
  /** Resolves at that moment. */
  ended: Promise<void>;
  /** Closers run one after the other, the last one first. */
  onClose(close: () => Promise<void>): void;
  /** Ends the script with exit code 1 and says why in one line. */
  fail(reason: string): void;
  /** Runs the closers; the script's last step, whatever happened before. */
  close(): Promise<void>;
}

/** npm and pnpm pass on the Ctrl-C that the terminal has sent already; that is not a second one. */
const SAME_INTERRUPT_MS = 700;

/**
 * @param kill ends the owned processes at once, for a second Ctrl-C
 */
export function createLifecycle(kill: () => void): Lifecycle {
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const closers: (() => Promise<void>)[] = [];
  let endedAt = 0;

  const end = () => {
    if (ending.signal.aborted && Date.now() - endedAt > SAME_INTERRUPT_MS) {
      kill();
      process.exit(130);
    }
    if (ending.signal.aborted) return;
    endedAt = Date.now();
    ending.abort();
  };
  const fail = (reason: string) => {
    if (ending.signal.aborted) return;
    console.error(reason);
    process.exitCode = 1;
    ending.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end);
  const runnerWatch = watchRunner(() => ending.abort());

  const close = async () => {
    ending.abort();
    for (const closer of closers.reverse()) await closer().catch(reportCloser);
    clearInterval(runnerWatch);
  };
  const onClose = (closer: () => Promise<void>) => {
    closers.push(closer);
  };
  return { signal: ending.signal, ended, onClose, fail, close };
}

/** One line for what the user can act on; the whole stack for what is a mistake in the program. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMistake = [TypeError, ReferenceError, RangeError, SyntaxError].some(
    (kind) => error instanceof kind,
  );
  if (isMistake || ['debug', 'trace'].includes(process.env.LOG_LEVEL ?? '')) {
    return error.stack ?? error.message;
  }
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(describeError).join('; ');
  }
  return error.message === '' ? error.name : error.message;
}

function reportCloser(error: unknown): void {
  console.error(describeError(error));
  process.exitCode = 1;
}
