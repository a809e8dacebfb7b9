import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { assertKey } from './assert-key.ts';
import { endSilence } from './end-silence.ts';
import type { ByteRange, ObjectStore, PutOptions, StoredObject } from './object-store.ts';
import type { S3Location } from './storage-url.ts';

/** Imported when the first object is asked for: start-up and the memory of others do without. */
const loadSdk = () => import('@aws-sdk/client-s3');
type Sdk = Awaited<ReturnType<typeof loadSdk>>;

interface Connection {
  sdk: Sdk;
  client: S3Client;
}

const mebibyte = 1_048_576;
/** Both are limits of S3. */
const partSizeMin = 5 * mebibyte;
const partsMax = 10_000;
/** Parts of one object that are on their way at a time; each is in memory until it arrived. */
const partsAtOnce = 2;
/** With the first try. */
const triesMax = 3;

/** Objects in a bucket of S3, or of a service that speaks its protocol. */
export function createS3Store(location: S3Location, timeoutMs: number): ObjectStore {
  const { bucket: Bucket, prefix: root } = location;
  const connect = connectOnce(location, timeoutMs);
  const place = (key: string) => {
    assertKey(key);
    return { Bucket, Key: `${root}${key}` };
  };
  const ask = async <Answer>(work: (connection: Connection) => Promise<Answer>) =>
    work(await connect());

  return {
    folder: undefined,
    put: async (key, body, options) => upload(await connect(), place(key), body, options),

    get: (key, range) =>
      orNothing(
        ask(async ({ sdk, client }) => {
          const command = new sdk.GetObjectCommand({ ...place(key), ...rangeOf(range) });
          const { Body } = await client.send(command);
          if (!(Body instanceof Readable)) return undefined;
          endSilence(Body, timeoutMs);
          return Body;
        }),
      ),

    size: (key) =>
      orNothing(
        ask(async ({ sdk, client }) => {
          const found = await client.send(new sdk.HeadObjectCommand(place(key)));
          return found.ContentLength;
        }),
      ),

    remove: (key) =>
      ask(async ({ sdk, client }) => {
        await client.send(new sdk.DeleteObjectCommand(place(key)));
      }),

    async *list(prefix): AsyncGenerator<StoredObject> {
      const { sdk, client } = await connect();
      const query = { client, pageSize: 1_000 };
      for await (const page of sdk.paginateListObjectsV2(query, {
        Bucket,
        Prefix: `${root}${prefix}`,
      })) {
        for (const { Key = '', LastModified } of page.Contents ?? []) {
          yield { key: Key.slice(root.length), storedAt: LastModified ?? new Date(0) };
        }
      }
    },

    removeUnfinished: (key) =>
      ask(async (connection) => {
        const { Key } = place(key);
        for await (const one of uploadsOf(connection, Bucket, Key)) {
          if (one.Key !== Key) continue;
          const { sdk, client } = connection;
          const { UploadId } = one;
          await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
        }
      }),

    async *listUnfinished(prefix): AsyncGenerator<StoredObject> {
      for await (const one of uploadsOf(await connect(), Bucket, `${root}${prefix}`)) {
        const key = (one.Key ?? '').slice(root.length);
        yield { key, storedAt: one.Initiated ?? new Date(0) };
      }
    },

    ping: () =>
      ask(async ({ sdk, client }) => {
        await client.send(new sdk.HeadBucketCommand({ Bucket }));
      }),

    close: () => connect.end(),
  };
}

function connectOnce(location: S3Location, timeoutMs: number) {
  let opening: Promise<Connection> | undefined;
  const connect = (): Promise<Connection> => {
    opening ??= loadSdk().then((sdk) => ({ sdk, client: createClient(sdk, location, timeoutMs) }));
    return opening;
  };
  connect.end = async (): Promise<void> => (await opening)?.client.destroy();
  return connect;
}

function createClient(sdk: Sdk, location: S3Location, timeoutMs: number): S3Client {
  const { region, endpoint, credentials } = location;
  return new sdk.S3Client({
    // Services other than AWS have one region, and their buckets are no host names.
    ...(endpoint && { endpoint, forcePathStyle: true, region: 'us-east-1' }),
    ...(region && { region }),
    ...(credentials && { credentials }),
    // Not every service knows the checksums that AWS can do without.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: triesMax,
    requestHandler: {
      connectionTimeout: Math.min(timeoutMs, 5_000),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      // It would end a download whose reader is slow; `endSilence` looks at what is read instead.
      socketTimeout: 0,
      // A reader that is slow keeps its connection, and must not keep all others from theirs.
      httpAgent: { maxSockets: Number.POSITIVE_INFINITY },
      httpsAgent: { maxSockets: Number.POSITIVE_INFINITY },
    },
  });
}

interface Place {
  Bucket: string;
  Key: string;
}

/** In one request when it is small, else in parts, which are given up together. */
async function upload(
  { client }: Connection,
  place: Place,
  body: Readable,
  { signal, sizeMax }: PutOptions = {},
): Promise<number> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  let size = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      size += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  };
  // Not the upload's own way to abort, which does not wait until the parts are given up.
  const stop = () => body.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    await new Upload({
      client,
      params: { ...place, Body: Readable.from(counted(), { objectMode: false }) },
      partSize: Math.max(partSizeMin, Math.ceil((sizeMax ?? 0) / partsMax)),
      queueSize: partsAtOnce,
      leavePartsOnError: false,
    }).done();
    return size;
  } catch (error) {
    body.destroy();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function* uploadsOf({ sdk, client }: Connection, Bucket: string, Prefix: string) {
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await client.send(
      new sdk.ListMultipartUploadsCommand({ Bucket, Prefix, ...from }),
    );
    yield* page.Uploads ?? [];
    if (!page.IsTruncated) return;
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

function rangeOf(range: ByteRange | undefined): { Range?: string } {
  return range ? { Range: `bytes=${range.start}-${range.end}` } : {};
}

/** GetObject says `NoSuchKey`, HeadObject `NotFound`. */
async function orNothing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (['NoSuchKey', 'NotFound'].includes((error as Error).name)) return undefined;
    throw error;
  }
}
