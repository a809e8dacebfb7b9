import { keepLoaded } from '@trellis/db/keep-loaded';
import type { Platform } from '../../platform.ts';
import { compileSchema, type Validator } from '../data-schema/compile-schema.ts';
import { keepRecent } from '../data-schema/keep-recent.ts';
import type { JsonObject } from '../data-schema/keywords.ts';

/** Announced when a tenant declares, changes or deletes a type; the announced key is the tenant. */
export const eventTypesChanged = 'events.types-changed';

/** Tenants that publish; of each the names of its types with a schema are known. */
const tenantsMax = 5_000;
/** Of compiled schemas, of all tenants together. */
const bytesMax = 256 * 1_048_576;

/** What holds the data of the types that tenants declared against their schemas. */
export interface KeptTypes {
  /**
   * From memory on all but the first call; undefined when the tenant has no such type, or one
   * without a schema. Throws `event_schema_refused` (422) for a schema that this release of the
   * platform does not take any more.
   */
  find(tenantId: string, type: string): Promise<Validator | undefined>;
}

type Versions = ReadonlyMap<string, string>;

/** As with the grants of callers: `keepLoaded` says how old it can be when nothing is heard. */
export function keepTypes({ db, changes }: Pick<Platform, 'db' | 'changes'>): KeptTypes {
  const tenants = keepLoaded((tenantId) => loadVersions(db, tenantId), changes, tenantsMax);
  // A schema has another version when it is changed, so nothing of these is ever out of date.
  const validators = keepRecent<Validator>(bytesMax);
  const compiling = new Map<string, Promise<Validator | undefined>>();
  changes.on(eventTypesChanged, (tenantId) => tenants.forgetOne(tenantId));
  changes.onConnect(() => tenants.forget(() => true));

  const compile = async (tenantId: string, type: string, version: string) => {
    const schema = await loadSchema(db, tenantId, type);
    if (!schema) return undefined;
    const validator = compileSchema(schema);
    validators.put(version, validator, validator.bytes);
    return validator;
  };
  return {
    async find(tenantId, type) {
      const version = (await tenants.get(tenantId))?.get(type);
      if (version === undefined) return undefined;
      const kept = validators.get(version) ?? compiling.get(version);
      if (kept) return kept;
      const started = compile(tenantId, type, version).finally(() => compiling.delete(version));
      compiling.set(version, started);
      return started;
    },
  };
}

/** What tells each schema of the tenant apart from those before it, by the name of its type. */
async function loadVersions(db: Platform['db'], tenantId: string): Promise<Versions> {
  const rows = await db.queryTenant(
    tenantId,
    (sql) => sql<{ name: string; version: string }[]>`
      select name, id || '/' || extract(epoch from updated_at) as version from event_types
      where tenant_id = ${tenantId} and schema is not null`,
  );
  return new Map(rows.map(({ name, version }) => [name, version]));
}

async function loadSchema(
  db: Platform['db'],
  tenantId: string,
  type: string,
): Promise<JsonObject | undefined> {
  const [row] = await db.queryTenant(
    tenantId,
    (sql) => sql<{ schema: string | null }[]>`
      select schema::text from event_types where tenant_id = ${tenantId} and name = ${type}`,
  );
  return row?.schema ? (JSON.parse(row.schema) as JsonObject) : undefined;
}
