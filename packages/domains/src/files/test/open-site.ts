import { type Api, type StartApiOptions, startApi } from '@trellis/test/api';
import { startS3Server } from '@trellis/test/s3-server';
import type { TestEnv } from '@trellis/test/settings';
import type { Account } from '@trellis/test/sign-up';
import type { Test } from 'tap';

export interface FilesSite extends Api {
  /** What the store holds for the tenant: its objects, and puts that have not ended. */
  stored(account: Account): Promise<{ objects: number; unfinished: number }>;
}

/** Each test of files runs on all of them. */
export const stores = ['disk', 's3'] as const;

/** An API whose files are on the local disk or in a bucket. */
export async function openSite(
  t: Test,
  store: (typeof stores)[number],
  options: StartApiOptions = {},
): Promise<FilesSite> {
  const env: TestEnv = store === 's3' ? { STORAGE_URL: (await startS3Server(t)).storageUrl() } : {};
  const api = await startApi(t, { ...options, env: { ...env, ...options.env } });
  const { storage } = api.app.platform;
  return {
    ...api,
    stored: async ({ tenant }) => ({
      objects: await count(storage.list(`files/${tenant.id}/`)),
      unfinished: await count(storage.listUnfinished(`files/${tenant.id}/`)),
    }),
  };
}

async function count(objects: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of objects) found += 1;
  return found;
}
