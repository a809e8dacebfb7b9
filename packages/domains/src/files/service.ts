import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../audit/write-audit.ts';
import { authErrors } from '../auth/errors.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { findTenant } from '../tenants/repository.ts';
import { fileDeleted } from './events.ts';
import { removeObject } from './jobs.ts';
import { openLink, signLink } from './links.ts';
import { presentFile } from './present-file.ts';
import { deleteFile, type FileFilter, type FileRow, findFile, listFiles } from './repository.ts';
import type { FileReply, LinkQuery } from './schemas.ts';
import { addStorage, lockStorage } from './storage-use.ts';
import { type IncomingFile, receiveFile } from './upload/receive-file.ts';

export interface FileLink {
  query: LinkQuery;
  expiresAt: string;
}

export interface FilesService {
  upload(call: CallContext, incoming: IncomingFile): Promise<FileReply>;
  list(call: CallContext, filter: FileFilter): Promise<Page<FileReply>>;
  get(call: CallContext, id: string): Promise<FileReply>;
  /** The file and where its content is. */
  open(call: CallContext, id: string): Promise<FileRow>;
  link(call: CallContext, id: string, expiresInSeconds: number): Promise<FileLink>;
  /** The file of a link. Throws `link_invalid` and `tenant_suspended` (403), `not_found` (404). */
  openLinked(query: LinkQuery): Promise<FileRow>;
  delete(call: CallContext, id: string): Promise<void>;
  /** Waits for the uploads under way, which have ended well or were given up by then. */
  close(): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'jobs' | 'storage' | 'secrets' | 'clock' | 'log'>;

/** `fileSizeMax` is in bytes. */
export function createFilesService(needs: Needs, fileSizeMax: number): FilesService {
  const { db } = needs;
  const underWay = new Set<Promise<FileRow>>();
  const open = (call: CallContext, id: string) =>
    db.withTenant(call.tenantId, (tx) => fileOf(tx, call.tenantId, id));
  return {
    upload: async (call, incoming) => {
      const receiving = receiveFile(needs, fileSizeMax, call, incoming);
      underWay.add(receiving);
      try {
        return presentFile(await receiving);
      } finally {
        underWay.delete(receiving);
      }
    },

    list: (call, filter) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await listFiles(tx, call.tenantId, filter), filter.limit, presentFile),
      ),

    get: async (call, id) => presentFile(await open(call, id)),

    open,

    link: (call, id, expiresInSeconds) =>
      db.withTenant(call.tenantId, (tx) => link(needs, tx, call, id, expiresInSeconds)),

    openLinked: (query) => {
      const { tenantId, id } = openLink(needs, query);
      return db.withTenant(tenantId, async (tx) => {
        const tenant = await findTenant(tx, tenantId);
        if (tenant && tenant.status !== 'active') throw authErrors.tenant_suspended();
        return fileOf(tx, tenantId, id);
      });
    },

    delete: (call, id) => db.withTenant(call.tenantId, (tx) => remove(needs, tx, call, id)),

    close: async () => {
      await Promise.allSettled(underWay);
    },
  };
}

async function fileOf(tx: Tx, tenantId: string, id: string): Promise<FileRow> {
  const file = await findFile(tx, tenantId, id);
  if (!file) throw commonErrors.not_found('There is no such file.');
  return file;
}

async function link(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  id: string,
  expiresInSeconds: number,
): Promise<FileLink> {
  const file = await fileOf(tx, call.tenantId, id);
  const seconds = Math.floor(needs.clock.now().getTime() / 1_000) + expiresInSeconds;
  const expiresAt = new Date(seconds * 1_000);
  await writeAudit(needs, tx, call, {
    action: 'file.shared',
    resourceType: 'file',
    resourceId: file.id,
    after: { expiresAt: expiresAt.toISOString() },
  });
  return { query: signLink(needs, file, expiresAt), expiresAt: expiresAt.toISOString() };
}

/** The content goes by a job: it is gone for the tenant at once, also while the store is away. */
async function remove(needs: Needs, tx: Tx, call: CallContext, id: string): Promise<void> {
  const { tenantId } = call;
  await lockStorage(tx, tenantId);
  const file = await deleteFile(tx, tenantId, id);
  if (!file) throw commonErrors.not_found('There is no such file.');
  await addStorage(tx, tenantId, -file.size);
  const before = presentFile(file);
  await writeAudit(needs, tx, call, {
    action: 'file.deleted',
    resourceType: 'file',
    resourceId: file.id,
    before,
  });
  await emitEvent(needs, tx, tenantId, fileDeleted, before);
  await needs.jobs.enqueue(tx, removeObject, { storageKey: file.storageKey });
}
