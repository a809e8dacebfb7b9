import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import {
  publishes,
  publishesNothing,
  subscribeAll,
  typesOf,
  whileNothingCommits,
} from '../../events/test/emitted.ts';
import { fileCreated, fileDeleted } from '../events.ts';
import { filePart, formEnd, sendForm, upload } from './upload.ts';

t.test('a file that comes or goes is one event, as the API shows it', async (t) => {
  const api = await startApi(t, { env: { FILE_SIZE_MAX_BYTES: '1000' } });
  const account = await signUp(api);
  const neighbour = await signUp(api, 'Neighbour');
  await subscribeAll(api, account, neighbour);
  const remove = (id: string) => api.request('DELETE', `/files/${id}`, { token: account.token });

  const { status, body: file } = await publishes(
    t,
    api,
    account,
    () => upload(api, account, 'hello', { name: 'hello.txt' }),
    ({ body }) => [[fileCreated, body]],
  );
  t.equal(status, 201);

  await t.test('what is refused is none, before and after its last byte', async (t) => {
    const twice = [filePart(), 'one\r\n', filePart(), 'two', formEnd].join('');
    const refused: [status: number, act: () => ReturnType<typeof upload>][] = [
      [413, () => upload(api, account, 'x'.repeat(1_001))],
      [400, () => sendForm(api, account, Buffer.from(twice))],
      [404, () => remove(account.user.id)],
    ];
    for (const [status, act] of refused) {
      t.equal((await publishesNothing(t, api, account, act)).status, status);
    }
  });

  await t.test('what is rolled back is none', async (t) => {
    for (const change of [() => upload(api, account, 'lost'), () => remove(file.id)]) {
      const act = () => whileNothingCommits(api, change);
      t.equal((await publishesNothing(t, api, account, act)).status, 500);
    }
  });

  await t.test('one that is deleted, as it was shown last', async (t) => {
    await publishes(
      t,
      api,
      account,
      () => remove(file.id),
      () => [[fileDeleted, file]],
    );
  });

  await t.test('no other tenant hears of it', async (t) => {
    t.same(await typesOf(api, neighbour), []);
  });
});
