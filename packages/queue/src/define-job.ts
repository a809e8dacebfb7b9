import type { Static, TSchema } from '@sinclair/typebox';
import type { QueueName } from '@trellis/core/queue-names';

/** The contract between whoever wants a job done and the one handler that does it. */
export interface JobDefinition<Payload extends TSchema = TSchema> {
  /** `<domain>.<verb-noun>`, unique over all domains. */
  name: string;
  queue: QueueName;
  payload: Payload;
  /** Tries before it counts as failed. */
  attempts: number;
  /** Wait before the second try; it doubles each time, up to an hour, ±20 %. */
  backoffMs: number;
  /** Runs by itself this often, once for all workers together. */
  everyMs?: number;
}

export type JobPayload<Job> = Job extends JobDefinition<infer Payload> ? Static<Payload> : never;

type JobOptions<Payload extends TSchema> = Pick<
  JobDefinition<Payload>,
  'name' | 'queue' | 'payload' | 'everyMs'
> &
  Partial<Pick<JobDefinition, 'attempts' | 'backoffMs'>>;

export function defineJob<Payload extends TSchema>(
  options: JobOptions<Payload>,
): JobDefinition<Payload> {
  return { attempts: 8, backoffMs: 1_000, ...options };
}

/** What a handler is told beside the payload. */
export interface JobRun {
  /** The same for every try of one job: the key to make a side effect idempotent. */
  id: string;
  /** 1 on the first try. */
  attempt: number;
}

export interface JobHandler {
  job: JobDefinition;
  run(payload: unknown, run: JobRun): Promise<void>;
}

/** Ties a handler to its job, with the payload's type. */
export function handleJob<Payload extends TSchema>(
  job: JobDefinition<Payload>,
  run: (payload: Static<Payload>, run: JobRun) => Promise<void>,
): JobHandler {
  return { job, run: (payload, details) => run(payload as Static<Payload>, details) };
}

/** What a domain's `worker.ts` gives to the worker. */
export interface WorkerModule {
  handlers: JobHandler[];
  /** Work that goes on beside the jobs; called once the handlers are known. */
  start?(): Promise<void>;
  /** Takes no new work and ends what is under way; beside the jobs, which end at the same time. */
  drain?(): Promise<void>;
  /** Releases what the handlers used; called once no job runs any more. */
  close?(): Promise<void>;
}
