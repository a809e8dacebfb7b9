import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Quota } from './define-quota.ts';
import { PlanUsage } from './schemas.ts';

/**
 * Loads what the domains count against the plan: every `quota.ts` that is found in a domain's
 * folder. Answers them by name. Throws, with one line, for a file without a quota, for two of one
 * name or of one limit, and for a name that `GET /tenant/usage` has for something else.
 */
export async function loadQuotas(folder: string): Promise<readonly Quota[]> {
  const quotas: Quota[] = [];
  for (const file of findFiles(folder)) {
    for (const quota of await readQuotas(file)) {
      const { name, limit } = quota;
      if (name in PlanUsage.properties) {
        throw new Error(`No quota can be named "${name}": the usage has a field of this name.`);
      }
      if (quotas.some((other) => other.name === name)) {
        throw new Error(`Quota "${name}" is declared twice.`);
      }
      if (quotas.some((other) => other.limit === limit)) {
        throw new Error(`Two quotas are held against "${limit}".`);
      }
      quotas.push(quota);
    }
  }
  return quotas.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function findFiles(folder: string): string[] {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return globSync(`*/quota.${extension}`, { cwd: folder })
    .sort()
    .map((path) => join(folder, path));
}

async function readQuotas(file: string): Promise<Quota[]> {
  const exports = (await import(file)) as Record<string, unknown>;
  const found = Object.values(exports).filter(isQuota);
  if (found.length === 0) throw new Error(`${basename(dirname(file))}/quota declares no quota.`);
  return found;
}

function isQuota(value: unknown): value is Quota {
  return typeof value === 'object' && value !== null && 'limit' in value && 'used' in value;
}
