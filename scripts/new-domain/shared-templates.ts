import type { DomainNames } from './names.ts';

/** The files of a domain that know nothing of HTTP, and its table. */

export const table = (
  n: DomainNames,
) => `import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { id, instant, tenantId, tenantPolicies, timestamps } from '../columns.ts';
import { tenants } from './tenants.ts';

export const ${n.camelPlural} = pgTable(
  '${n.table}',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    name: text().notNull(),
    /** When the job was done with it; null until then. */
    processedAt: instant(),
    ...timestamps(),
  },
  (table) => [index().on(table.tenantId, table.id), ...tenantPolicies(table)],
);
`;

export const repository = (
  n: DomainNames,
) => `import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { ${n.camelPlural} } from '@trellis/db/schema/${n.plural}';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, isNull, lt } from 'drizzle-orm';

export type ${n.pascalSingular} = typeof ${n.camelPlural}.$inferSelect;

export async function insert${n.pascalSingular}(
  tx: Tx,
  values: typeof ${n.camelPlural}.$inferInsert,
): Promise<${n.pascalSingular}> {
  const [row] = await tx.orm.insert(${n.camelPlural}).values(values).returning();
  return row as ${n.pascalSingular};
}

export async function find${n.pascalSingular}(tx: Tx, id: string): Promise<${n.pascalSingular} | undefined> {
  const [row] = await tx.orm.select().from(${n.camelPlural}).where(eq(${n.camelPlural}.id, id));
  return row;
}

/** One row more than asked for, which tells whether there is another page. */
export function list${n.pascalPlural}(tx: Tx, page: PageQuery): Promise<${n.pascalSingular}[]> {
  return tx.orm
    .select()
    .from(${n.camelPlural})
    .where(page.cursor ? lt(${n.camelPlural}.id, decodeCursor(page.cursor)) : undefined)
    .orderBy(desc(${n.camelPlural}.id))
    .limit(page.limit + 1);
}

export async function markProcessed(tx: Tx, id: string, processedAt: Date): Promise<void> {
  await tx.orm
    .update(${n.camelPlural})
    .set({ processedAt })
    .where(and(eq(${n.camelPlural}.id, id), isNull(${n.camelPlural}.processedAt)));
}
`;

export const service = (
  n: DomainNames,
) => `import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, type PageQuery, toPage } from '@trellis/core/pagination';
import { writeAudit } from '../audit/write-audit.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { ${n.camelSingular}Created } from './events.ts';
import { process${n.pascalSingular} } from './jobs.ts';
import { find${n.pascalSingular}, insert${n.pascalSingular}, list${n.pascalPlural}, type ${n.pascalSingular} } from './repository.ts';
import type { Create${n.pascalSingular}Body, ${n.pascalSingular}Reply } from './schemas.ts';

export type ${n.pascalPlural}Service = ReturnType<typeof create${n.pascalPlural}Service>;

export function create${n.pascalPlural}Service(needs: Pick<Platform, 'db' | 'jobs' | 'secrets'>) {
  const { db, jobs } = needs;
  return {
    create: (call: CallContext, input: Create${n.pascalSingular}Body): Promise<${n.pascalSingular}Reply> =>
      db.withTenant(call.tenantId, async (tx) => {
        const { tenantId } = call;
        const row = await insert${n.pascalSingular}(tx, { ...input, tenantId });
        const after = present(row);
        await jobs.enqueue(tx, process${n.pascalSingular}, { tenantId, id: row.id });
        await emitEvent(needs, tx, tenantId, ${n.camelSingular}Created, after);
        await writeAudit(needs, tx, call, {
          action: '${n.singular.replaceAll('-', '_')}.created',
          resourceType: '${n.singular.replaceAll('-', '_')}',
          resourceId: row.id,
          after,
        });
        return after;
      }),

    get: (call: CallContext, id: string): Promise<${n.pascalSingular}Reply> =>
      db.withTenant(call.tenantId, async (tx) => {
        const row = await find${n.pascalSingular}(tx, id);
        if (!row) throw commonErrors.not_found();
        return present(row);
      }),

    list: (call: CallContext, page: PageQuery): Promise<Page<${n.pascalSingular}Reply>> =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await list${n.pascalPlural}(tx, page), page.limit, present),
      ),
  };
}

function present(row: ${n.pascalSingular}): ${n.pascalSingular}Reply {
  return {
    id: row.id,
    name: row.name,
    processedAt: row.processedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
`;

export const events = (n: DomainNames) => `import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Id, Nullable, Timestamp } from '../events/schema-pieces.ts';

/** Published in the transaction that creates the ${n.word}. */
export const ${n.camelSingular}Created = defineEvent({
  name: '${n.singular}.created',
  description: 'One of the ${n.words} was created.',
  data: Type.Object({
    id: Id,
    name: Type.String({ examples: ['The first ${n.word}'] }),
    processedAt: Nullable(Timestamp),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  }),
});
`;

export const jobs = (n: DomainNames) => `import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

/** Asked for in the transaction that creates the ${n.word}. */
export const process${n.pascalSingular} = defineJob({
  name: '${n.plural}.process-${n.singular}',
  queue: 'default',
  payload: Type.Object({ tenantId: Type.String(), id: Type.String() }),
});
`;

export const worker = (
  n: DomainNames,
) => `import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { process${n.pascalSingular} } from './jobs.ts';
import { markProcessed } from './repository.ts';

export default function createWorker({ db, clock }: WorkerPlatform): WorkerModule {
  return {
    handlers: [
      // A job can run more than once: the second time finds nothing left to do.
      handleJob(process${n.pascalSingular}, ({ tenantId, id }) =>
        db.withTenant(tenantId, (tx) => markProcessed(tx, id, clock.now())),
      ),
    ],
  };
}
`;
