import { Readable } from 'node:stream';
import { newId } from '@trellis/core/ids';
import { createObjectStore } from '@trellis/storage/create-object-store';
import { startS3Server } from '@trellis/test/s3-server';
import t, { type Test } from 'tap';
import { anchorHeads } from '../chain/anchor-heads.ts';
import { findAnchor } from '../chain/anchors.ts';
import { verifyChain } from '../chain/verify-chain.ts';
import { fillTrail, openTrail, type Trail } from './open-trail.ts';

const stores: Record<string, (t: Test) => Promise<Trail>> = {
  'on the disk': (t) => openTrail(t),
  'in S3': async (t) => {
    const server = await startS3Server(t);
    const storage = createObjectStore({ url: server.storageUrl(), timeoutMs: 5_000 });
    t.teardown(() => storage.close());
    return { ...(await openTrail(t)), storage };
  },
};

const keysOf = async ({ storage }: Trail) => {
  const keys: string[] = [];
  for await (const { key } of storage.list('audit-anchors/')) keys.push(key);
  return keys;
};
const put = (trail: Trail, key: string, text: string) =>
  trail.storage.put(key, Readable.from([Buffer.from(text)]));

for (const [where, open] of Object.entries(stores)) {
  t.test(`heads are anchored ${where}`, async (t) => {
    const trail = await open(t);
    const [one, two, three] = [newId(), newId(), newId()];
    for (const tenantId of [two, one, three]) await fillTrail(trail, 2, tenantId);

    await t.test('of each tenant', async (t) => {
      t.same(await anchorHeads(trail), { anchored: 3, refused: 0 });
      for (const tenantId of [one, two, three]) {
        const { head } = await verifyChain(trail, tenantId, { limit: 10 });
        t.match(await findAnchor(trail, tenantId), { tenantId, ...head });
      }
    });

    await t.test('only where they have moved, and each tenant keeps one', async (t) => {
      await fillTrail(trail, 3, two);
      t.same(await anchorHeads(trail), { anchored: 1, refused: 0 });
      t.same(await anchorHeads(trail), { anchored: 0, refused: 0 });
      const keys = await keysOf(trail);
      t.equal(keys.length, 3);
      t.ok(keys.includes(`audit-anchors/${two}/0000000000000005`));
    });

    await t.test('a newest one that was altered stays and is told of', async (t) => {
      await put(trail, `audit-anchors/${one}/0000000000000009`, '{}');
      t.same(await anchorHeads(trail), { anchored: 0, refused: 1 });
      const altered = { problem: { kind: 'anchor_altered' } };
      t.match(await verifyChain(trail, one, { limit: 10 }), altered);
      t.match(await verifyChain(trail, two, { limit: 10 }), { problem: null });
    });

    await t.test('what is no anchor is passed over', async (t) => {
      await put(trail, `audit-anchors/${two}/note`, 'hello');
      await fillTrail(trail, 1, two);
      t.match(await anchorHeads(trail), { anchored: 1 });
      t.match(await verifyChain(trail, two, { limit: 10 }), { problem: null, anchor: { seq: 6 } });
    });
  });
}
