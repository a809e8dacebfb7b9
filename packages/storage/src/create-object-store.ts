import { resolve } from 'node:path';
import { createDiskStore } from './disk-store.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import { parseStorageUrl } from './storage-url.ts';

export interface ObjectStoreOptions {
  /** `STORAGE_URL`. */
  url: string;
  /** One request to a store elsewhere; it is tried three times. */
  timeoutMs: number;
}

/** Opens nothing: a process starts while its store is away. */
export function createObjectStore({ url, timeoutMs }: ObjectStoreOptions): ObjectStore {
  const location = parseStorageUrl(url);
  if (location.kind === 'disk') return createDiskStore(resolve(location.folder));
  return createS3Store(location, timeoutMs);
}
