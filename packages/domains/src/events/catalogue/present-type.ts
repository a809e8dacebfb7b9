import type { EventTypeReply } from '../schemas.ts';
import type { PlatformType } from './load-catalogue.ts';
import type { EventTypeRow } from './repository.ts';

/** A type of the platform as the API shows it: it comes with the release, at no time of its own. */
export function presentPlatformType({ name, description, schema }: PlatformType): EventTypeReply {
  return { name, description, schema, source: 'platform', createdAt: null, updatedAt: null };
}

/** A type of the tenant as the API shows it, and as the audit keeps it. */
export function presentEventType(row: EventTypeRow): EventTypeReply {
  return {
    name: row.name,
    description: row.description,
    schema: row.schema,
    source: 'tenant',
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
