import type { Static, TSchema } from '@sinclair/typebox';

/** A kind of event that the platform itself publishes; `GET /event-types` lists it. */
export interface EventDefinition<Data extends TSchema = TSchema> {
  /** `<thing>.<what happened to it>`: `user.created`. */
  name: string;
  /** A sentence for those who subscribe. */
  description: string;
  /** What `data` of the webhook holds. */
  data: Data;
  /** Whether nobody but the platform may publish it, as receivers take it for its word. */
  isReserved?: boolean;
}

/** Declared in the `events.ts` of the domain that publishes it. */
export function defineEvent<Data extends TSchema>(
  definition: EventDefinition<Data>,
): EventDefinition<Data> {
  return definition;
}

export type EventData<Definition> =
  Definition extends EventDefinition<infer Data> ? Static<Data> : never;
