import type { CallContext } from '@trellis/core/context';

export interface DenialBoundOptions {
  /** Refusals of one caller in one window that get an entry each. */
  entriesMax: number;
  windowMs: number;
  /** Callers whose refusals are counted at a time; those of others all get an entry. */
  callersMax: number;
  /** Writes the one entry for the others; `call` is the last of them. Must not throw. */
  writeSuppressed(call: CallContext, count: number): Promise<void>;
}

/** Keeps one who is refused again and again from filling the trail. */
export interface DenialBound {
  /** Whether this refusal gets an entry of its own; else it is counted. */
  admit(call: CallContext): boolean;
  /** Writes what is counted until now. */
  close(): Promise<void>;
}

interface Window {
  admitted: number;
  suppressed: number;
  last: CallContext;
  timer: NodeJS.Timeout;
}

export function boundDenials(options: DenialBoundOptions): DenialBound {
  const windows = new Map<string, Window>();
  const end = async (key: string) => {
    const window = windows.get(key);
    windows.delete(key);
    if (!window) return;
    clearTimeout(window.timer);
    if (window.suppressed > 0) await options.writeSuppressed(window.last, window.suppressed);
  };
  const open = (key: string, last: CallContext): Window => {
    const timer = setTimeout(() => void end(key), options.windowMs).unref();
    const window = { admitted: 0, suppressed: 0, last, timer };
    windows.set(key, window);
    return window;
  };

  return {
    admit(call) {
      const key = `${call.tenantId} ${call.actor.type} ${call.actor.id}`;
      const known = windows.get(key);
      if (!known && windows.size >= options.callersMax) return true;
      const window = known ?? open(key, call);
      if (window.admitted < options.entriesMax) {
        window.admitted += 1;
        return true;
      }
      window.suppressed += 1;
      window.last = call;
      return false;
    },
    async close() {
      await Promise.all([...windows.keys()].map(end));
    },
  };
}
