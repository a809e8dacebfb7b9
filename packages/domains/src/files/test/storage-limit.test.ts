import { type Api, startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { openSite, stores } from './open-site.ts';
import { setMaxStorage, storageAccount } from './storage-account.ts';
import { bytes, upload, uploadStream } from './upload.ts';

const mebibyte = 1_048_576;
/** Three files fit, and a part of a fourth. */
const limit = 10 * mebibyte;
const size = 3 * mebibyte;
const fitting = 3;

const ways = {
  'with a length': (api: Api, account: Account) => upload(api, account, Buffer.alloc(size)),
  'without a length': (api: Api, account: Account) => uploadStream(api, account, bytes(size)),
};

/** Looks at the account all the time; answers the most that was counted. */
function watchAccount(t: Test, api: Api, account: Account) {
  let isOver = false;
  const watching = (async () => {
    let highest = 0;
    while (!isOver) {
      const now = await storageAccount(api, account);
      t.equal(now.counted, now.fileBytes + now.reservedBytes, 'the counter is the sum');
      highest = Math.max(highest, now.counted);
    }
    return highest;
  })();
  return {
    end: () => {
      isOver = true;
      return watching;
    },
  };
}

for (const store of stores) {
  t.test(`maxStorage of the plan (${store})`, async (t) => {
    const api = await openSite(t, store);
    const second = await startApi(t, { beside: api });

    await t.test('403: the last byte that is left can be used, and none beyond', async (t) => {
      const account = await signUp(api);
      await setMaxStorage(api, account, 1_000);
      t.equal((await upload(api, account, Buffer.alloc(600))).status, 201);
      const { status, body } = await upload(api, account, Buffer.alloc(401));
      t.match({ status, code: body.code }, { status: 403, code: 'plan_limit_reached' });
      t.match(body.detail, /1000/);
      t.match(await storageAccount(api, account), { counted: 600, uploads: 0 });
      t.equal((await upload(api, account, Buffer.alloc(400))).status, 201);
      t.equal((await upload(api, account, 'a')).status, 403);
      t.equal((await upload(api, account, '')).status, 201, 'nothing needs no room');
    });

    await t.test('403: a stream without an end is cut off at what is left', async (t) => {
      const account = await signUp(api);
      await setMaxStorage(api, account, 64 * mebibyte);
      t.equal((await uploadStream(api, account, bytes(mebibyte))).status, 201);
      let sent = 0;
      const endless = async function* () {
        for await (const chunk of bytes(5_000_000_000)) {
          sent += chunk.length;
          yield chunk;
        }
      };
      const { status, body } = await uploadStream(api, account, endless());
      t.match({ status, code: body.code }, { status: 403, code: 'plan_limit_reached' });
      t.ok(sent < 200 * mebibyte, `${sent} bytes were sent`);
      t.same(await storageAccount(api, account), {
        counted: mebibyte,
        files: 1,
        fileBytes: mebibyte,
        uploads: 0,
        reservedBytes: 0,
      });
      t.same(await api.stored(account), { objects: 1, unfinished: 0 });
      const rest = await uploadStream(api, account, bytes(63 * mebibyte));
      t.equal(rest.status, 201, 'all that is left is free again');
    });

    for (const [length, send] of Object.entries(ways)) {
      await t.test(
        `twenty at once over two processes never store a byte more, ${length}`,
        async (t) => {
          const account = await signUp(api);
          await setMaxStorage(api, account, limit);
          const watch = watchAccount(t, api, account);
          const replies = await Promise.all(
            Array.from({ length: 20 }, (_, index) => send(index % 2 ? api : second, account)),
          );
          const highest = await watch.end();
          const stored = replies.filter(({ status }) => status === 201).length;
          // Without a length they take what is there bit by bit, each a part of it.
          if (send === ways['with a length']) t.equal(stored, fitting);
          else t.ok(stored <= fitting, `${stored} fit`);
          for (const { status, body } of replies.filter((reply) => reply.status !== 201)) {
            t.match({ status, code: body.code }, { status: 403, code: 'plan_limit_reached' });
          }
          t.ok(highest <= limit, 'what was on its way was counted');
          t.same(await storageAccount(api, account), {
            counted: stored * size,
            files: stored,
            fileBytes: stored * size,
            uploads: 0,
            reservedBytes: 0,
          });
          t.same(await api.stored(account), { objects: stored, unfinished: 0 });
          let fit = stored;
          while ((await send(api, account)).status === 201) fit += 1;
          t.equal(fit, fitting, 'one after another, all that fit do');
        },
      );
    }

    await t.test('a smaller plan takes nothing away, and lets nothing in', async (t) => {
      const account = await signUp(api);
      await upload(api, account, Buffer.alloc(1_000));
      await setMaxStorage(api, account, 100);
      t.equal((await upload(api, account, 'a')).status, 403);
      t.match(await storageAccount(api, account), { counted: 1_000, files: 1, uploads: 0 });
    });
  });
}
