import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import S3rver from '@20minutes/s3rver';
import type { Test } from 'tap';

/** A bucket on a server of this process that speaks the protocol of S3. */
export interface S3Server {
  /** The bucket as `STORAGE_URL`; `through` is another way to the server, such as a proxy. */
  storageUrl(through?: string): string;
  url: string;
  /** Parts that were uploaded for objects that do not exist yet. */
  countUnfinished(): Promise<number>;
}

const bucket = 'trellis-test';
/** The one key that the server knows, and its secret, which it does not check. */
const credentials = 'S3RVER:S3RVER';

/** For what is being written when the test ends. */
const writeMsMax = 10_000;

/** Closed when the test ends, with all that it holds. */
export async function startS3Server(t: Pick<Test, 'teardown' | 'testdir'>): Promise<S3Server> {
  let server: Server | undefined;
  const running = new Set<Promise<unknown>>();
  // Asked for before the folder, as tap would remove that first otherwise. Who gave up on an answer
  // has it written all the same.
  t.teardown(async () => {
    if (server) await close(server);
    await Promise.race([Promise.all(running), wait(writeMsMax, undefined, { ref: false })]);
  });
  const directory = t.testdir();
  const s3 = new S3rver({
    directory,
    silent: true,
    configureBuckets: [{ name: bucket }],
    // It signs the address of a bucket without the slash that AWS has at its end.
    allowMismatchedSignatures: true,
  });
  await s3.configureBuckets();
  const answer = s3.callback();
  const uploads = unfinishedUploads(join(directory, bucket, '._S3rver_uploads'));
  const made = createServer((request, response) => {
    const answering = uploads
      .answer(request, response)
      .then((answered) => answered || answer(request, response))
      .catch((error) => response.writeHead(500).end(String(error)))
      .finally(() => running.delete(answering));
    running.add(answering);
  });
  server = made;
  await new Promise<void>((ready) => made.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
  return {
    url,
    storageUrl: (through = url) =>
      `s3://${credentials}@${bucket}/below/this?endpoint=${encodeURIComponent(through)}`,
    countUnfinished: async () => (await uploads.list()).length,
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((closed) => server.close(() => closed()));
}

/**
 * The two requests about unfinished uploads that s3rver lacks: ListMultipartUploads and
 * AbortMultipartUpload. It keeps a folder for each, with the key in a file.
 */
function unfinishedUploads(folder: string) {
  const list = async () => {
    await mkdir(folder, { recursive: true });
    const ids = await readdir(folder);
    return Promise.all(
      ids.map(async (id) => ({
        id,
        key: await readFile(join(folder, id, 'key'), 'utf8'),
        initiated: (await stat(join(folder, id))).birthtime,
      })),
    );
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const { searchParams } = new URL(request.url ?? '', 'http://s3');
    if (request.method === 'GET' && searchParams.has('uploads')) {
      const prefix = searchParams.get('prefix') ?? '';
      const found = (await list()).filter(({ key }) => key.startsWith(prefix));
      const uploads = found.map(
        ({ id, key, initiated }) =>
          `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
      );
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(
          `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${uploads.join('')}</ListMultipartUploadsResult>`,
        );
      return true;
    }
    const id = searchParams.get('uploadId');
    if (request.method !== 'DELETE' || !id) return false;
    await rm(join(folder, id), { recursive: true, force: true });
    response.writeHead(204).end();
    return true;
  };
  return { list, answer };
}
