import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { CallContext } from '@trellis/core/context';
import { ProblemError } from '@trellis/core/errors';
import { newId } from '@trellis/core/ids';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import { emitEvent } from '../../events/trigger-webhooks.ts';
import type { Platform } from '../../platform.ts';
import { fileErrors } from '../errors.ts';
import { fileCreated } from '../events.ts';
import { presentFile } from '../present-file.ts';
import { type FileRow, findFile, insertFile } from '../repository.ts';
import { safeName } from '../safe-name.ts';
import { storageKey } from '../storage-key.ts';
import { addStorage, lockStorage } from '../storage-use.ts';
import { clearUpload } from './clear-upload.ts';
import { type Content, createMeter } from './meter.ts';
import { giveUpUpload, takeUpload } from './repository.ts';
import { beginUpload, type Reservation, type Upload } from './reservation.ts';

export interface IncomingFile {
  /** As the client wrote it. */
  name: string;
  /** What breaks it off is a coded error. */
  body: Readable;
  /** No more bytes than this can come; undefined when the client did not say. */
  sizeMax: number | undefined;
  /** Settles when the whole request has been read; throws when it is not as it should be. */
  rest(): Promise<void>;
}

/** Of a store that is away. */
const retryAfterSeconds = 5;
/** How long an answer waits for a broken upload to be cleared away; it goes on behind the answer. */
const clearWaitMs = 2_000;

const leftToCleanUp = 'A broken upload is left to the clean-up.';

type ReceiveNeeds = Pick<Platform, 'db' | 'jobs' | 'storage' | 'secrets' | 'clock' | 'log'>;

/**
 * Stores a file as it arrives, and makes it known once it is whole. Every byte is counted before
 * it is stored, and the count falls only after what was counted is gone: whenever this process
 * dies, what it has left is an upload that the clean-up finds.
 */
export async function receiveFile(
  needs: ReceiveNeeds,
  fileSizeMax: number,
  call: CallContext,
  incoming: IncomingFile,
): Promise<FileRow> {
  const { tenantId } = call;
  const id = newId();
  const name = safeName(incoming.name);
  const upload: Upload = {
    id,
    tenantId,
    storageKey: storageKey(tenantId, id),
    sizeMax: Math.min(incoming.sizeMax ?? fileSizeMax, fileSizeMax),
    hasLength: incoming.sizeMax !== undefined,
  };
  const reservation = await beginUpload(needs, upload);
  try {
    const content = await store(needs, upload, reservation, fileSizeMax, { ...incoming, name });
    await incoming.rest();
    return await finish(needs, call, upload, { name, ...content });
  } catch (error) {
    return giveUp(needs, upload, error);
  }
}

async function store(
  { storage }: Pick<Platform, 'storage'>,
  { storageKey: key, sizeMax }: Upload,
  reservation: Reservation,
  fileSizeMax: number,
  { body, name }: Pick<IncomingFile, 'body' | 'name'>,
): Promise<Content> {
  const meter = createMeter(reservation, fileSizeMax);
  try {
    await storage.put(key, Readable.from(meter.pass(body), { objectMode: false }), { sizeMax });
  } catch (cause) {
    // The store repeats why the stream broke; what else it says is about the store itself.
    if (meter.failure() !== undefined) throw meter.failure();
    if (cause instanceof ProblemError) throw cause;
    throw fileErrors.storage_unavailable(undefined, { cause, retryAfterSeconds });
  }
  return meter.content(name);
}

/** One transaction turns the upload into a file, and what was set aside into what is used. */
function finish(
  needs: ReceiveNeeds,
  call: CallContext,
  { id, tenantId, storageKey: key }: Upload,
  content: Content & { name: string },
): Promise<FileRow> {
  return needs.db.withTenant(tenantId, async (tx: Tx) => {
    await lockStorage(tx, tenantId);
    const upload = await takeUpload(tx, id);
    if (!upload) throw fileErrors.upload_interrupted();
    await addStorage(tx, tenantId, content.size - upload.reserved);
    const file = await insertFile(tx, {
      id,
      tenantId,
      storageKey: key,
      ...content,
      uploadedBy: call.actor.id,
    });
    const after = presentFile(file);
    await writeAudit(needs, tx, call, {
      action: 'file.created',
      resourceType: 'file',
      resourceId: id,
      after,
    });
    await emitEvent(needs, tx, tenantId, fileCreated, after);
    return file;
  });
}

/**
 * Removes what is left of the upload, and throws why. Where that cannot be done now, the clean-up
 * does it. A commit whose answer was lost may have made the file all the same: then it is one.
 */
async function giveUp(needs: ReceiveNeeds, upload: Upload, error: unknown): Promise<FileRow> {
  const { db, log } = needs;
  const { id, tenantId } = upload;
  try {
    const file = await db.withTenant(tenantId, async (tx) =>
      (await giveUpUpload(tx, id)) ? undefined : findFile(tx, tenantId, id),
    );
    if (file) return file;
    await clearSoon(needs, upload);
  } catch (err) {
    log.warn({ err, uploadId: id }, leftToCleanUp);
  }
  throw error;
}

/** A store that is away would keep the caller for all of its timeouts. */
async function clearSoon(needs: ReceiveNeeds, upload: Upload): Promise<void> {
  const patience = new AbortController();
  const clearing = clearUpload(needs, upload)
    .catch((err) => needs.log.warn({ err, uploadId: upload.id }, leftToCleanUp))
    .finally(() => patience.abort());
  await Promise.race([clearing, wait(clearWaitMs, undefined, patience).catch(() => {})]);
}
