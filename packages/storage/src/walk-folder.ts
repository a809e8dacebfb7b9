import { type Dirent, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from './object-store.ts';

/** The files below `folder` whose path from there begins with `prefix`, in the order of S3. */
export async function* walkFolder(folder: string, prefix: string): AsyncGenerator<StoredObject> {
  yield* walk(folder, '', prefix);
}

async function* walk(folder: string, above: string, prefix: string): AsyncGenerator<StoredObject> {
  for (const entry of await entriesOf(folder)) {
    const key = `${above}${nameOf(entry)}`;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const mayHold = key.startsWith(prefix) || prefix.startsWith(key);
      if (mayHold) yield* walk(path, key, prefix);
    } else if (key.startsWith(prefix)) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found) yield { key, storedAt: found.mtime };
    }
  }
}

/** Sorted by the bytes of the whole key, where a folder's name has its slash. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf(entry: Dirent): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name;
}
