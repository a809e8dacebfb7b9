import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { newId } from '@trellis/core/ids';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { removeOrphanedObjects } from '../remove-orphans.ts';
import { openSite, stores } from './open-site.ts';
import { upload } from './upload.ts';

for (const store of stores) {
  t.test(`objects that belong to nothing are removed (${store})`, async (t) => {
    const api = await openSite(t, store);
    const account = await signUp(api);
    const { platform } = api.app;
    const put = (key: string) => platform.storage.put(key, Readable.from([Buffer.from('a')]));
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of platform.storage.list('')) found.push(key);
      return found.sort();
    };
    const { body: file } = await upload(api, account, 'kept');
    const kept = `files/${account.tenant.id}/${file.id}`;
    const orphans = [1, 2, 3].map(() => `files/${account.tenant.id}/${newId()}`);
    const others = ['audit/heads', `files/${randomUUID()}`, 'files/a/b', `${kept}/more`];
    if (store === 'disk') others.pop();
    for (const key of [...orphans, ...others]) await put(key);
    const all = await keys();

    t.same(await removeOrphanedObjects(platform), { objects: 0, unfinished: 0 }, 'too young');
    t.same(await keys(), all);
    const tomorrow = { now: () => new Date(Date.now() + 90_000_000) };
    const later = { ...platform, clock: tomorrow };
    t.same(await removeOrphanedObjects(later), { objects: 3, unfinished: 0 });
    t.same(await keys(), [kept, ...others].sort(), 'what has another form is not ours');
    t.same(await removeOrphanedObjects(later), { objects: 0, unfinished: 0 });
    const reply = await api.request('GET', `/files/${file.id}/content`, { token: account.token });
    t.equal(reply.body, 'kept');
  });
}
