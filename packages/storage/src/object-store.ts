import type { Readable } from 'node:stream';

/** Both ends are counted, as in an HTTP range (RFC 9110, 14.1.2). */
export interface ByteRange {
  start: number;
  end: number;
}

export interface PutOptions {
  /** Ends the put with the signal's reason. */
  signal?: AbortSignal;
  /** At most this many bytes will come; lets the parts of a large object be large enough. */
  sizeMax?: number;
}

export interface StoredObject {
  key: string;
  storedAt: Date;
}

/**
 * Where the bytes of files are kept, by key. A key is made by us, never by a caller; see
 * `assertKey`. What fails is thrown as the store says it, and without its credentials.
 */
export interface ObjectStore {
  /**
   * The folder of this machine that holds each object under its key; undefined where the objects
   * are elsewhere.
   */
  readonly folder: string | undefined;
  /**
   * Stores what the stream gives and answers its size in bytes. Nobody sees the object before it
   * is whole. When the stream fails or the signal aborts, the promise is rejected with that reason
   * and nothing is left.
   */
  put(key: string, body: Readable, options?: PutOptions): Promise<number>;
  /** Undefined when there is no such object. A stream that is not read to its end is destroyed. */
  get(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** The size in bytes; undefined when there is no such object. */
  size(key: string): Promise<number | undefined>;
  /** No error when there is no such object. */
  remove(key: string): Promise<void>;
  /** The keys that begin with `prefix`, in the order of their bytes. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Removes what a put of the key has left that never ended, as when its process was killed. */
  removeUnfinished(key: string): Promise<void>;
  /** The keys under `prefix` with a put that has not ended, each with when it began. */
  listUnfinished(prefix: string): AsyncIterable<StoredObject>;
  /** Whether it answers; throws when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
