import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { WorkerPlatform } from '@trellis/domains/platform';
import type { JobDefinition, JobHandler, WorkerModule } from '@trellis/queue/define-job';

type CreateWorker = (platform: WorkerPlatform) => WorkerModule;

export interface LoadedDomains {
  /** By the name of the job. */
  handlers: Map<string, JobHandler>;
  modules: WorkerModule[];
}

/**
 * Loads what the domains want done in the background: every `jobs.ts` and every `worker.ts` that
 * is found in a domain's folder. Throws, with one line, unless each declared job has exactly one
 * handler.
 */
export async function loadHandlers(
  folder: string,
  platform: WorkerPlatform,
  own: JobHandler[] = [],
): Promise<LoadedDomains> {
  const modules: WorkerModule[] = [];
  for (const file of findFiles(folder, 'worker')) {
    const { default: createWorker } = (await import(file)) as { default: CreateWorker };
    modules.push(createWorker(platform));
  }
  const handlers = indexHandlers([...own, ...modules.flatMap((module) => module.handlers)]);
  const declared = await readJobs(folder);
  for (const { name } of declared) {
    if (!handlers.has(name)) throw new Error(`Job "${name}" has no handler.`);
  }
  return { handlers, modules };
}

function findFiles(folder: string, name: string): string[] {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return globSync(`*/${name}.${extension}`, { cwd: folder })
    .sort()
    .map((path) => join(folder, path));
}

async function readJobs(folder: string): Promise<JobDefinition[]> {
  const jobs: JobDefinition[] = [];
  for (const file of findFiles(folder, 'jobs')) {
    const exports = (await import(file)) as Record<string, unknown>;
    const found = Object.values(exports).filter(isJob);
    if (found.length === 0) throw new Error(`${basename(dirname(file))}/jobs declares no job.`);
    jobs.push(...found);
  }
  return jobs;
}

function isJob(value: unknown): value is JobDefinition {
  return typeof value === 'object' && value !== null && 'queue' in value && 'payload' in value;
}

function indexHandlers(all: JobHandler[]): Map<string, JobHandler> {
  const handlers = new Map<string, JobHandler>();
  for (const handler of all) {
    const { name } = handler.job;
    if (handlers.has(name)) throw new Error(`Job "${name}" has more than one handler.`);
    handlers.set(name, handler);
  }
  return handlers;
}
