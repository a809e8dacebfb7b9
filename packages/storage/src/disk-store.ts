import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newId } from '@trellis/core/ids';
import { assertKey } from './assert-key.ts';
import type { ByteRange, ObjectStore, PutOptions, StoredObject } from './object-store.ts';
import { walkFolder } from './walk-folder.ts';

/** In the same file system, so that a rename is all that is left; no key begins with a dot. */
const incoming = '.incoming';

/**
 * Objects as files of one folder, which several processes may share. A file has its name only when
 * all of it is on the disk.
 */
export function createDiskStore(folder: string): ObjectStore {
  const incomingFolder = join(folder, incoming);
  const pathOf = (key: string): string => {
    assertKey(key);
    return join(folder, ...key.split('/'));
  };
  const unfinished = async () => {
    const names = await readdir(incomingFolder).catch(orWithout<string[]>([]));
    return names.map((name) => ({ name, path: join(incomingFolder, name), key: keyOf(name) }));
  };
  return {
    folder,

    async put(key, body, { signal }: PutOptions = {}) {
      const path = pathOf(key);
      const temporary = join(incomingFolder, temporaryName(key));
      await mkdir(incomingFolder, { recursive: true });
      try {
        const size = await write(temporary, body, signal);
        await mkdir(dirname(path), { recursive: true });
        await rename(temporary, path);
        await syncFolder(dirname(path));
        return size;
      } catch (error) {
        body.destroy();
        await rm(temporary, { force: true });
        throw error;
      }
    },

    async get(key, range?: ByteRange) {
      const file = await open(pathOf(key)).catch(orWithout(undefined));
      return file?.createReadStream(range);
    },

    size: async (key) => (await stat(pathOf(key)).catch(orWithout(undefined)))?.size,

    remove: (key) => rm(pathOf(key), { force: true }),

    list: (prefix) => walkFolder(folder, prefix),

    async removeUnfinished(key) {
      for (const one of await unfinished()) {
        if (one.key === key) await rm(one.path, { force: true });
      }
    },

    async *listUnfinished(prefix): AsyncGenerator<StoredObject> {
      for (const { key, path } of await unfinished()) {
        const found = await stat(path).catch(orWithout(undefined));
        if (found && key.startsWith(prefix)) yield { key, storedAt: found.birthtime };
      }
    },

    async ping() {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.R_OK | constants.W_OK);
    },

    close: async () => {},
  };
}

/** Answers how many bytes are on the disk. */
async function write(path: string, body: Readable, signal?: AbortSignal): Promise<number> {
  const file = createWriteStream(path, { flags: 'wx', flush: true });
  await pipeline(body, file, signal ? { signal } : {}).catch((error) => {
    throw signal?.aborted ? signal.reason : error;
  });
  return file.bytesWritten;
}

/** A rename outlives a crash of the machine once its folder is on the disk. */
async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders.
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Neither `~` nor `+` is in a key, so that it can be told from the name again. */
function temporaryName(key: string): string {
  return `${key.replaceAll('/', '~')}+${newId()}`;
}

function keyOf(name: string): string {
  return name.split('+', 1).join('').replaceAll('~', '/');
}

/** For what may be missing; all other errors go on. */
function orWithout<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}
