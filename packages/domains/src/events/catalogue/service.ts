import { Value } from '@sinclair/typebox/value';
import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { encodeCursor, type Page, type PageQuery } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import { compileSchema } from '../data-schema/compile-schema.ts';
import { eventErrors } from '../errors.ts';
import { EventType } from '../event-type.ts';
import type { CreateEventTypeBody, EventTypeReply, UpdateEventTypeBody } from '../schemas.ts';
import { eventTypesChanged } from './kept-types.ts';
import type { Catalogue } from './load-catalogue.ts';
import { presentEventType, presentPlatformType } from './present-type.ts';
import {
  deleteEventType,
  type EventTypeRow,
  findEventType,
  insertEventType,
  listEventTypes,
  lockAndCount,
  lockEventType,
  updateEventType,
} from './repository.ts';

export interface CatalogueService {
  /** The types of the platform and those of the tenant, by name. */
  list(call: CallContext, query: PageQuery): Promise<Page<EventTypeReply>>;
  get(call: CallContext, name: string): Promise<EventTypeReply>;
  create(call: CallContext, input: CreateEventTypeBody): Promise<EventTypeReply>;
  /** `precondition` gets what the type shows, and throws when the caller saw something older. */
  update(
    call: CallContext,
    name: string,
    input: UpdateEventTypeBody,
    precondition: (shown: EventTypeReply) => void,
  ): Promise<EventTypeReply>;
  remove(call: CallContext, name: string): Promise<void>;
}

interface Needs extends Pick<Platform, 'db' | 'changes' | 'secrets'> {
  catalogue: Catalogue;
  /** Types that one tenant can declare. */
  typesMax: number;
  /** Of the JSON text of one schema. */
  schemaBytesMax: number;
}

export function createCatalogueService(needs: Needs): CatalogueService {
  const { db, catalogue } = needs;
  return {
    list: (call, query) => db.withTenant(call.tenantId, (tx) => list(needs, tx, call, query)),
    async get(call, name) {
      const platformType = catalogue.get(name);
      if (platformType) return presentPlatformType(platformType);
      return db.withTenant(call.tenantId, async (tx) =>
        presentEventType(found(await findEventType(tx, call.tenantId, name))),
      );
    },
    async create(call, input) {
      if (catalogue.has(input.name)) throw eventErrors.event_type_exists();
      assertUsable(needs, input.schema);
      return db.withTenant(call.tenantId, (tx) => create(needs, tx, call, input));
    },
    async update(call, name, input, precondition) {
      if (catalogue.has(name)) throw eventErrors.platform_event_type();
      assertUsable(needs, input.schema);
      return db.withTenant(call.tenantId, async (tx) => {
        const before = found(await lockEventType(tx, call.tenantId, name));
        precondition(presentEventType(before));
        return update(needs, tx, call, before, input);
      });
    },
    async remove(call, name) {
      if (catalogue.has(name)) throw eventErrors.platform_event_type();
      await db.withTenant(call.tenantId, (tx) => remove(needs, tx, call, name));
    },
  };
}

async function list(
  { catalogue }: Needs,
  tx: Tx,
  { tenantId }: CallContext,
  { limit, cursor }: PageQuery,
): Promise<Page<EventTypeReply>> {
  const after = cursor === undefined ? undefined : nameIn(cursor);
  const except = [...catalogue.keys()];
  const ofTenant = await listEventTypes(tx, tenantId, { limit, after, except });
  const ofPlatform = [...catalogue.values()].filter(
    ({ name }) => after === undefined || name > after,
  );
  const all = [...ofPlatform.map(presentPlatformType), ...ofTenant.map(presentEventType)];
  const data = all.sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, limit);
  const last = data.at(-1);
  return {
    data,
    nextCursor: last && all.length > limit ? encodeCursor(cursorPrefix + last.name) : null,
  };
}

const cursorPrefix = 'name ';

/** Names do not change, so that one holds its place as well as an id does. */
function nameIn(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const name = text.slice(cursorPrefix.length);
  if (text.startsWith(cursorPrefix) && Value.Check(EventType, name)) return name;
  throw commonErrors.invalid_cursor();
}

/** Throws `event_schema_refused` (422). */
function assertUsable(
  { schemaBytesMax }: Needs,
  schema: Record<string, unknown> | null | undefined,
): void {
  if (schema) compileSchema(schema, schemaBytesMax);
}

async function create(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  { name, description = '', schema = null }: CreateEventTypeBody,
): Promise<EventTypeReply> {
  const { tenantId } = call;
  const declared = await lockAndCount(tx, tenantId);
  if (await findEventType(tx, tenantId, name)) throw eventErrors.event_type_exists();
  if (declared >= needs.typesMax) {
    throw eventErrors.event_type_limit_reached(`A tenant can declare ${needs.typesMax} types.`);
  }
  const row = await insertEventType(tx, { tenantId, name, description, schema });
  await record(needs, tx, call, 'event_type.created', undefined, row);
  return presentEventType(row);
}

async function update(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  before: EventTypeRow,
  { description = before.description, schema = before.schema }: UpdateEventTypeBody,
): Promise<EventTypeReply> {
  const row = await updateEventType(tx, before, { description, schema });
  await record(needs, tx, call, 'event_type.updated', before, row);
  return presentEventType(row);
}

async function remove(needs: Needs, tx: Tx, call: CallContext, name: string): Promise<void> {
  const row = found(await lockEventType(tx, call.tenantId, name));
  await deleteEventType(tx, row);
  await record(needs, tx, call, 'event_type.deleted', row);
}

/** Audits a change, and has every process forget what it knew of the tenant's types. */
async function record(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  action: string,
  before?: EventTypeRow,
  after?: EventTypeRow,
): Promise<void> {
  await needs.changes.announce(tx, eventTypesChanged, call.tenantId);
  await writeAudit(needs, tx, call, {
    action,
    resourceType: 'event_type',
    resourceId: (after ?? before)?.name ?? null,
    ...(before && { before: { ...presentEventType(before) } }),
    ...(after && { after: { ...presentEventType(after) } }),
  });
}

function found(row: EventTypeRow | undefined): EventTypeRow {
  if (!row) throw commonErrors.not_found('There is no such type of events.');
  return row;
}
