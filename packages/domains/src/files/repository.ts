import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { files } from '@trellis/db/schema/files';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, lt, sql } from 'drizzle-orm';

export type FileRow = typeof files.$inferSelect;
type NewFile = typeof files.$inferInsert;

export interface FileFilter extends PageQuery {
  name?: string | undefined;
  contentType?: string | undefined;
}

export async function insertFile(tx: Tx, values: NewFile): Promise<FileRow> {
  const [row] = await tx.orm.insert(files).values(values).returning();
  return row as FileRow;
}

/** One more than the page, the newest first. */
export function listFiles(tx: Tx, tenantId: string, filter: FileFilter): Promise<FileRow[]> {
  const { limit, cursor, name, contentType } = filter;
  return tx.orm
    .select()
    .from(files)
    .where(
      and(
        eq(files.tenantId, tenantId),
        cursor === undefined ? undefined : lt(files.id, decodeCursor(cursor)),
        name === undefined ? undefined : sql`starts_with(lower(${files.name}), lower(${name}))`,
        contentType === undefined ? undefined : eq(files.contentType, contentType),
      ),
    )
    .orderBy(desc(files.id))
    .limit(limit + 1);
}

const one = (tenantId: string, id: string) => and(eq(files.tenantId, tenantId), eq(files.id, id));

export async function findFile(tx: Tx, tenantId: string, id: string): Promise<FileRow | undefined> {
  const [row] = await tx.orm.select().from(files).where(one(tenantId, id));
  return row;
}

/** Answers what was deleted. */
export async function deleteFile(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<FileRow | undefined> {
  const [row] = await tx.orm.delete(files).where(one(tenantId, id)).returning();
  return row;
}
