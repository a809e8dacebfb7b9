import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const systemPath =
  process.platform === 'win32'
    ? join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts';

export interface HostsFile {
  /** Whether the file names it, which goes before what the DNS says. */
  has(hostname: string): boolean;
}

/** Read again when it has changed, as containers have names added while they run. */
export function createHostsFile(path = systemPath): HostsFile {
  let names = new Set<string>();
  let readVersion: string | undefined;
  return {
    has(hostname) {
      const version = versionOf(path);
      if (version !== readVersion) names = readNames(path);
      readVersion = version;
      return names.has(hostname.toLowerCase());
    },
  };
}

function versionOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.mtimeMs} ${stats.ino} ${stats.size}` : '';
}

function readNames(path: string): Set<string> {
  const names = new Set<string>();
  for (const line of readText(path).split('\n')) {
    const [entry = ''] = line.split('#', 1);
    const [, ...named] = entry.trim().toLowerCase().split(/\s+/);
    for (const name of named) names.add(name);
  }
  return names;
}

/** A file that is not there, or not for us to read, names nothing. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
