import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import type { Platform } from '../platform.ts';
import * as repository from './repository.ts';
import type { EventReply } from './schemas.ts';

export type EventsService = ReturnType<typeof createEventsService>;

export function createEventsService({ db }: Pick<Platform, 'db'>) {
  return {
    list: (call: CallContext, filter: repository.EventFilter): Promise<Page<EventReply>> =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await repository.listEvents(tx, filter), filter.limit, presentEvent),
      ),

    async get(call: CallContext, id: string): Promise<EventReply> {
      const row = await repository.readEvent(db, call.tenantId, id);
      // A row of another tenant is not found either: row-level security does not show it.
      if (!row) throw commonErrors.not_found();
      return presentEvent(row);
    },
  };
}

function presentEvent(row: repository.Event): EventReply {
  const { id, type, deliveries, orderingKey, payload, createdAt } = row;
  return { id, type, deliveries, orderingKey, payload, createdAt: createdAt.toISOString() };
}
