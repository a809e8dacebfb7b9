import type { Readable } from 'node:stream';

/** Both ends are counted, as in an HTTP range (RFC 9110, 14.1.2). */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where the bytes of files are kept, by key. A key is made by us, never by a caller: letters,
 * digits, `-`, `_`, `.` and `/`.
 */
export interface ObjectStore {
  /**
   * Stores what the stream gives and answers its size in bytes. When the stream fails or `signal`
   * aborts, nothing is left under the key and the promise is rejected.
   */
  put(key: string, body: Readable, signal?: AbortSignal): Promise<number>;
  /** Undefined when there is no such object. */
  get(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** The size in bytes; undefined when there is no such object. */
  size(key: string): Promise<number | undefined>;
  /** No error when there is no such object. */
  remove(key: string): Promise<void>;
  /** The keys that begin with `prefix`, in order, each with when it was stored. */
  list(prefix: string): AsyncIterable<{ key: string; storedAt: Date }>;
  /** Whether it answers; throws when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
